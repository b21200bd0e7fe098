# label: serial; impl: -; tasks: 1; nodes: -
#!/bin/bash
#SBATCH --ntasks=1
cat > hello.c <<EOF
#include <mpi.h>
int main(int argc, char **argv) { MPI_Init(&argc, &argv); MPI_Finalize(); return 0; }
EOF
indent -kr hello.c && cp hello.c ~/lecture/examples/
