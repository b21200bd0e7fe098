# label: farm; impl: -; tasks: 1; nodes: 1
#!/usr/bin/perl
#SBATCH -N 1
#SBATCH -n 1
#SBATCH -c 16
use strict;
use Parallel::ForkManager;
my $pm = Parallel::ForkManager->new(16);
for my $i (1..400) {
    $pm->start and next;
    system("./dock ligand_$i.pdbqt > out/$i.log");
    $pm->finish;
}
$pm->wait_all_children;
