/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/apps.h"

#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/script.h"

/* The first row whose pattern fits counts: builds without MPI stand before the wider patterns. */
static const struct known_app apps[] = {
	/* molecular dynamics */
	{"GROMACS", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, true, false, NULL,
		"gmx_mpi gmx_mpi_d mdrun_mpi mdrun_mpi_d"},
	{"GROMACS", APP_MPI_MAYBE, COMM_TIGHT, APP_COMPUTE, true, false, NULL,
		"gmx gmx_d mdrun gmx-2*"},
	{"LAMMPS", APP_MPI_NEVER, COMM_MODERATE, APP_COMPUTE, true, false, NULL, "lmp_serial"},
	{"LAMMPS", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, true, false, NULL,
		"lmp lmp_* lammps"},
	{"NAMD", APP_MPI_MAYBE, COMM_TIGHT, APP_COMPUTE, true, false, NULL,
		"namd2 namd3 namd2_* namd3_*"},
	{"AMBER", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, true, false, NULL,
		"pmemd.MPI pmemd.cuda.MPI pmemd.cuda_SPFP.MPI pmemd.cuda_DPFP.MPI pmemd.hip.MPI "
		"sander.MPI sander.LES.MPI cpptraj.MPI MMPBSA.py.MPI"},
	{"AMBER", APP_MPI_NEVER, COMM_MODERATE, APP_COMPUTE, true, false, NULL,
		"pmemd pmemd.cuda pmemd.cuda_SPFP sander cpptraj"},
	{"DL_POLY", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL, "DLPOLY*"},
	{"CHARMM", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL, "charmm charmm_*"},
	{"Desmond", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, true, false, NULL, "desmond"},
	{"ESPResSo", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL, "pypresso"},
	/* materials and chemistry */
	{"Quantum ESPRESSO", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"pw.x cp.x ph.x neb.x pp.x dos.x bands.x projwfc.x epw.x hp.x pwcond.x xspectra.x "
		"turbo_lanczos.x turbo_davidson.x turbo_eels.x q2r.x matdyn.x dynmat.x"},
	{"VASP", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"vasp vasp_std vasp_gam vasp_ncl vasp_gpu vasp_std_* vasp_gam_* vasp_ncl_* vasp5* "
		"vasp6* vasp.5* vasp.6*"},
	{"CP2K", APP_MPI_NEVER, COMM_TIGHT, APP_COMPUTE, false, false, NULL,
		"cp2k.ssmp cp2k.sopt cp2k.sdbg"},
	{"CP2K", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL,
		"cp2k cp2k.popt cp2k.psmp cp2k.pdbg cp2k_*"},
	{"NWChem", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "nwchem nwchem_*"},
	{"ABINIT", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"abinit anaddb optic"},
	{"SIESTA", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"siesta siesta_* transiesta"},
	{"Octopus", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL,
		"octopus octopus_mpi"},
	{"BigDFT", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL, "bigdft"},
	{"CASTEP", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "castep castep.mpi"},
	{"FHI-aims", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "aims.* aims"},
	{"CPMD", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL, "cpmd.x cpmd"},
	{"GPAW", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "gpaw gpaw-python"},
	{"DFTB+", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL, "dftb+"},
	{"Yambo", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "yambo yambo_*"},
	{"BerkeleyGW", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"*.cplx.x *.real.x"},
	{"Wannier90", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL,
		"wannier90.x postw90.x"},
	{"CRYSTAL", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"Pcrystal MPPcrystal Pproperties"},
	{"QMCPACK", APP_MPI_ALWAYS, COMM_LOOSE, APP_COMPUTE, true, false, NULL,
		"qmcpack qmcpack_*"},
	{"ORCA", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false, NULL, "orca"},
	{"GAMESS", APP_MPI_SELF, COMM_TIGHT, APP_MEMORY, false, false, NULL, "rungms gamess.*"},
	{"Molpro", APP_MPI_SELF, COMM_TIGHT, APP_MEMORY, false, false, "-n", "molpro molprop"},
	{"Q-Chem", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false, "-mpi -np", "qchem"},
	{"AMS", APP_MPI_SELF, COMM_TIGHT, APP_MEMORY, false, false, "-n", "ams adf"},
	{"Gaussian", APP_MPI_NEVER, COMM_LOOSE, APP_MEMORY, false, false, NULL,
		"g16 g09 g03 g16root"},
	{"Psi4", APP_MPI_NEVER, COMM_LOOSE, APP_MEMORY, false, false, NULL, "psi4"},
	/* weather, ocean, climate */
	{"WRF", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"wrf real ndown wrf_* wrfhydro wrf_hydro_*"},
	{"MPAS", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"atmosphere_model init_atmosphere_model ocean_model"},
	{"CESM", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "cesm e3sm acme"},
	{"ICON", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "icon icon-*"},
	{"NEMO", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"nemo opa xios_server"},
	{"OpenIFS", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"oifs ifsMASTER* master.exe"},
	{"UFS", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"fv3 fv3.exe ufs_model ufs_weather_model"},
	{"Unified Model", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"um-atmos um-recon"},
	{"MITgcm", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"mitgcmuv mitgcmuv_*"},
	{"ROMS", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"romsM oceanM coawstM"},
	{"ADCIRC", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "padcirc padcswan"},
	{"SCHISM", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "pschism*"},
	{"FVCOM", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "fvcom"},
	{"WAVEWATCH III", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL,
		"ww3_shel ww3_multi"},
	{"TELEMAC", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false, "--ncsize --ncnode",
		"telemac2d.py telemac3d.py tomawac.py"},
	/* flow */
	{"OpenFOAM", APP_MPI_FLAG, COMM_MODERATE, APP_MEMORY, false, false, "-parallel",
		"*Foam snappyHexMesh redistributePar renumberMesh topoSet setFields checkMesh"},
	{"Fluent", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false, "-t -cnf", "fluent"},
	{"CFX", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false, "-par -part -start-method",
		"cfx5solve"},
	{"STAR-CCM+", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false,
		"-np -machinefile -on -bs -batchsystem -mpi", "starccm+"},
	{"SU2", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL,
		"SU2_CFD SU2_CFD_* parallel_computation.py"},
	{"Nek5000", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL,
		"nek5000 nekmpi nekbmpi"},
	{"nekRS", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, true, false, NULL,
		"nekrs nrsmpi nrsbmpi nekrs-*"},
	{"Code_Saturne", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL,
		"cs_solver"},
	{"Code_Saturne", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false, "-n --nprocs",
		"code_saturne"},
	{"FDS", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL, "fds fds_*"},
	{"CONVERGE", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL,
		"converge converge-* converge_*"},
	{"Elmer", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL,
		"ElmerSolver_mpi ElmerSolver"},
	{"PyFR", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, true, false, NULL, "pyfr"},
	{"PETSc example", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"ex2 ex5 ex10 ex19 ex45 ex48 ex50 ex56"},
	/* structures */
	{"Ansys Mechanical", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false, "-dis",
		"ansys mapdl ansys1* ansys2*"},
	{"Ansys Electronics", APP_MPI_SELF, COMM_LOOSE, APP_MEMORY, false, false, "-distributed",
		"ansysedt"},
	{"Abaqus", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false, "mp_mode=mpi",
		"abaqus abq20* abq6*"},
	{"LS-DYNA", APP_MPI_NEVER, COMM_MODERATE, APP_COMPUTE, false, false, NULL,
		"ls-dyna_smp* smpdyna*"},
	{"LS-DYNA", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL,
		"mppdyna* ls-dyna_mpp* mpp971* mppd mpps lsdyna_mpp*"},
	{"Nastran", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false,
		"dmp= dmparallel=", "nastran nast20* msc20*"},
	{"OptiStruct", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false,
		"-mpi -mpimode -ddm -np", "optistruct radioss"},
	{"Radioss", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL,
		"engine_linux64_* engine_linux64*mpi*"},
	{"COMSOL", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false,
		"-nn -clustersimple -mpibootstrap", "comsol"},
	/* particles, plasma, astronomy */
	{"GADGET", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"Gadget2 Gadget3 Gadget4 P-Gadget3 GIZMO Arepo AREPO"},
	{"SWIFT", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL, "swift_mpi"},
	{"RAMSES", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL, "ramses3d"},
	{"Athena", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL,
		"athena athena++ athenaPK"},
	{"FLASH", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL, "flash3 flash4"},
	{"Enzo", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL, "enzo enzo-e"},
	{"PLUTO", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL, "pluto"},
	{"WarpX", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, true, false, NULL,
		"warpx warpx.* warpx_*"},
	{"EPOCH", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL,
		"epoch1d epoch2d epoch3d"},
	{"Smilei", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL, "smilei"},
	{"GENE", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL, "gene gene_*"},
	{"CGYRO", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL, "cgyro"},
	{"MILC", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"su3_rmd su3_rhmd_hisq su3_rhmc_hisq ks_imp_*"},
	{"Chroma", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, true, false, NULL, "chroma hmc"},
	{"SPECFEM", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, true, false, NULL,
		"xspecfem3D xspecfem2D xmeshfem3D xgenerate_databases"},
	{"SeisSol", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL, "SeisSol_*"},
	/* biology */
	{"RELION", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, true, false, NULL,
		"relion_*_mpi relion_refine_mpi relion_run_motioncorr_mpi relion_autopick_mpi "
		"relion_reconstruct_mpi relion_postprocess_mpi relion_preprocess_mpi"},
	{"RAxML", APP_MPI_ALWAYS, COMM_LOOSE, APP_COMPUTE, false, false, NULL,
		"raxmlHPC-MPI* raxml-ng-mpi raxmlHPC-HYBRID*"},
	{"RAxML", APP_MPI_MAYBE, COMM_LOOSE, APP_COMPUTE, false, false, NULL, "raxml-ng raxmlHPC*"},
	{"MrBayes", APP_MPI_MAYBE, COMM_LOOSE, APP_COMPUTE, false, false, NULL, "mb mb-mpi"},
	{"PhyloBayes", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL, "pb_mpi"},
	{"ABySS", APP_MPI_SELF, COMM_MODERATE, APP_MEMORY, false, false, "np=", "abyss-pe"},
	{"HipMer", APP_MPI_ALWAYS, COMM_MODERATE, APP_MEMORY, false, false, NULL,
		"mhm2 mhm2.py hipmer"},
	{"ROSETTA", APP_MPI_ALWAYS, COMM_LOOSE, APP_COMPUTE, false, false, NULL,
		"*.mpi.linuxgccrelease"},
	{"STAR aligner", APP_MPI_NEVER, COMM_LOOSE, APP_MEMORY, false, false, NULL,
		"STAR STARlong"},
	{"BLAST", APP_MPI_NEVER, COMM_LOOSE, APP_MEMORY, false, false, NULL,
		"blastn blastp blastx tblastn tblastx diamond mmseqs"},
	{"sequence tools", APP_MPI_NEVER, COMM_LOOSE, APP_MEMORY, false, false, NULL,
		"bwa bwa-mem2 bowtie2 samtools bcftools gatk fastqc trim_galore hisat2 salmon "
		"kallisto minimap2 cellranger Trinity spades.py beast"},
	/* benchmarks */
	{"HPL", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL,
		"xhpl xhpl_* hpl hpl.sh"},
	{"HPCG", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"xhpcg xhpcg_* hpcg hpcg.sh"},
	{"HPCC", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL, "hpcc"},
	{"OSU Micro-Benchmarks", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL,
		"osu_*"},
	{"Intel MPI Benchmarks", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, false, false, NULL,
		"IMB-*"},
	{"NCCL tests", APP_MPI_ALWAYS, COMM_TIGHT, APP_COMPUTE, true, true, NULL,
		"all_reduce_perf all_gather_perf reduce_scatter_perf alltoall_perf broadcast_perf "
		"sendrecv_perf reduce_perf scatter_perf gather_perf hypercube_perf"},
	{"IOR", APP_MPI_ALWAYS, COMM_LOOSE, APP_MEMORY, false, false, NULL,
		"ior mdtest elbencho-mpi"},
	{"Graph500", APP_MPI_ALWAYS, COMM_TIGHT, APP_MEMORY, false, false, NULL,
		"graph500 graph500_*"},
	{"LULESH", APP_MPI_ALWAYS, COMM_MODERATE, APP_COMPUTE, false, false, NULL,
		"lulesh2.0 lulesh*"},
	/* learning */
	{"PyTorch distributed", APP_MPI_SELF, COMM_TIGHT, APP_COMPUTE, true, true, NULL,
		"torchrun"},
	{"DeepSpeed", APP_MPI_SELF, COMM_TIGHT, APP_COMPUTE, true, true, NULL, "deepspeed"},
	{"Accelerate", APP_MPI_SELF, COMM_TIGHT, APP_COMPUTE, true, true, NULL,
		"accelerate accelerate-launch"},
	{"Composer", APP_MPI_SELF, COMM_TIGHT, APP_COMPUTE, true, true, NULL, "composer"},
	{"Colossal-AI", APP_MPI_SELF, COMM_TIGHT, APP_COMPUTE, true, true, NULL, "colossalai"},
	{"Horovod", APP_MPI_SELF, COMM_TIGHT, APP_COMPUTE, true, true, NULL, "horovodrun"},
};

/* Does the pattern P of LEN bytes fit BASE? One '*', at either end or within. */
static bool fits(const char *p, size_t len, const char *base)
{
	const char *star = memchr(p, '*', len);
	size_t n = strlen(base), head, tail;

	if (!star)
		return n == len && !memcmp(p, base, len);
	head = star - p;
	tail = len - head - 1;
	return n >= head + tail && !memcmp(p, base, head) &&
	       !memcmp(star + 1, base + n - tail, tail);
}

const struct known_app *apps_find(const char *word)
{
	char base[128];

	script_basename(word, base, sizeof(base));
	if (!base[0])
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(apps); i++) {
		for (const char *p = apps[i].pattern; *p; p += strspn(p, " ")) {
			size_t len = strcspn(p, " ");

			if (fits(p, len, base))
				return &apps[i];
			p += len;
		}
	}
	return NULL;
}

const struct known_app *apps_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(apps); i++)
		if (!strcmp(apps[i].name, name))
			return &apps[i];
	return NULL;
}

const struct known_app *apps_all(size_t *n)
{
	*n = ARRAY_SIZE(apps);
	return apps;
}

const char *comm_name(enum comm comm)
{
	switch (comm) {
	case COMM_LOOSE:
		return "loose";
	case COMM_MODERATE:
		return "moderate";
	case COMM_TIGHT:
		return "tight";
	}
	return "moderate";
}
