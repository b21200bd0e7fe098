# label: collective; impl: -; tasks: 32; nodes: 4
#!/usr/bin/env bash
#SBATCH --nodes=4
#SBATCH --ntasks=32
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-node=8
#SBATCH --exclusive
set -euo pipefail
die() {
    echo "ERROR: $*" >&2
    exit 1
}
require_env() {
    local name=$1
    [[ -n "${!name:-}" ]] || die "${name} must be set"
}
require_env DATA_ROOT
MASTER_ADDR="$(scontrol show hostnames "${SLURM_JOB_NODELIST}" | head -n 1)"
export MASTER_ADDR MASTER_PORT="${MASTER_PORT:-29500}"
srun --ntasks="${SLURM_NTASKS}" --kill-on-bad-exit=1 --export=ALL \
    "${PYTHON:-python}" -m qtrain.main --data "${DATA_ROOT}" || die "training failed"
