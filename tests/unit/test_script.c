/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"
#include "lib/plan/script.h"

static const char *const vars[] = {"SLURM_NTASKS=64", "SLURM_NNODES=4", "=bad", "bad", NULL};

/* One command a line: its line, what is special of it, [prefix], its words. */
static void put_commands(const struct script *s, struct strbuf *sb)
{
	static const char joins[] = {[SCRIPT_AND] = '&', [SCRIPT_OR] = 'o', [SCRIPT_PIPE] = '|'};

	for (size_t i = 0; i < s->ncommands; i++) {
		const struct script_command *c = &s->commands[i];

		strbuf_addf(sb, "%u", c->line);
		if (c->join != SCRIPT_NEXT)
			strbuf_addch(sb, joins[c->join]);
		strbuf_addf(sb, "%s%s%s%s", c->background ? "B" : "", c->substituted ? "S" : "",
			c->dead ? "D" : "", c->background_loop ? "F" : "");
		if (c->loops)
			strbuf_addf(sb, "L%u", c->loops);
		if (c->within != SCRIPT_NO_COMMAND)
			strbuf_addf(sb, "W%zu", c->within);
		if (c->function)
			strbuf_addf(sb, "(%s)", c->function);
		if (c->prefix[0])
			strbuf_addf(sb, " [%s]", c->prefix);
		for (size_t k = 0; k < c->argc; k++)
			strbuf_addf(sb, " %s", c->argv[k][0] ? c->argv[k] : "''");
		if (c->stdin_file)
			strbuf_addf(sb, " <%s", c->stdin_file);
		if (c->stdout_file)
			strbuf_addf(sb, " >%s", c->stdout_file);
		strbuf_addch(sb, '\n');
	}
}

static const struct {
	const char *name, *text, *commands;
} reads[] = {
	{"nothing", "", ""},
	{"blank and comment", "\n # mpirun x\n\t\n#", ""},
	{"words", "mpirun -np 4 ./x\n", "1 mpirun -np 4 ./x\n"},
	{"comment behind", "a b # c\na#b", "1 a b\n2 a#b\n"},
	{"continued", "a \\\n  b\\\nc\nd", "1 a bc\n4 d\n"},
	{"carriage returns", "a b\r\nc \\\r\n d\r\n", "1 a b\n2 c d\n"},
	{"NUL is a blank", "a b", "1 a b\n"},
	{"single quotes", "echo 'mpirun # $X' b", "1 echo mpirun # $X b\n"},
	{"double quotes", "echo \"a $SLURM_NTASKS \\\"q\\\" \\$x\"", "1 echo a 64 \"q\" $x\n"},
	{"quotes inside of words", "a'b c'\"d\"e \"\" ''", "1 ab cde '' ''\n"},
	{"ANSI quotes", "a $'b' $\"c\" $", "1 a b c $\n"},
	{"open quotes", "a 'b\nc", "1 a b\nc\n"},
	{"lists", "a; b && c || d | e & f", "1 a\n1B b\n1&B c\n1oB d\n1|B e\n1 f\n"},
	{"line behind &&", "a &&\n\n b | \nc\nd", "1 a\n3& b\n4| c\n5 d\n"},
	{"|&", "a |& b", "1 a\n1| b\n"},
	{"variable", "M='mpirun -np 4'\n$M ./x \"$M\"", "2 mpirun -np 4 ./x mpirun -np 4\n"},
	{"known beforehand", "a $SLURM_NTASKS ${SLURM_NNODES}", "1 a 64 4\n"},
	{"not known", "$M ./x ${N} $1 $@ $$", "1 ${M} ./x ${N} ${1} ${@} ${$}\n"},
	{"what cannot be told is one word",
		"A=\"-x $(b 'c d' $(e)) f\"\ng $A\nB=$((2 * N))\ng $B\nC='$(open a'\ng $C h",
		"1S e\n1S b c d $(e)\n2 g -x $(b 'c d' $(e)) f\n4 g $((2 * N))\n6 g $(open a h\n"},
	{"set empty", "X=\n$X a $X", "2 a\n"},
	{"defaults", "a ${N:-4} ${SLURM_NTASKS:-5} ${Q-\"x y\"} ${SLURM_NNODES:+set}",
		"1 a 4 64 x y set\n"},
	{"default that stays", ": ${N:=8}\na $N ${Z:?none}", "1 : 8\n2 a 8 ${Z}\n"},
	{"default of a variable", "a ${N:-${SLURM_NTASKS}}", "1 a 64\n"},
	{"operators leave the value", "f=/a/b.c\nx ${f##*/} ${#g} ${f%.c}",
		"2 x /a/b.c ${#g} /a/b.c\n"},
	{"appended", "A=a\nA+=b\nx $A", "3 x ab\n"},
	{"array", "h=(n1 n2\n n3)\nx ${h[0]} ${h[2]} \"${h[@]}\" ${h[$i]}\nh+=(n4); x ${h[@]}",
		"3 x n1 n3 n1 n2 n3 n1\n4 x n1 n2 n3 n4\n"},
	{"array not known", "x ${h[0]} ${h[@]}", "1 x ${h} ${h}\n"},
	{"element set", "h=(a b)\nh[1]=c\nx ${h[1]}", "3 x ${h}\n"},
	{"declared", "declare -a h=(a b); local N=3\nx $N ${h[1]}",
		"1 declare -a h=(a b\n"
		"1 local N=3\n2 x 3 b\n"},
	{"unset", "N=3; unset N; x $N", "1 unset N\n1 x ${N}\n"},
	{"read", "N=3; read N; x $N", "1 read N\n1 x ${N}\n"},
	{"arithmetic", "x $((SLURM_NNODES * 2 + 1)) $(( (3-1)*-4 )) $((7/2)) $((7%4))",
		"1 x 9 -8 3 3\n"},
	{"arithmetic with dollars", "x $(($SLURM_NNODES*${SLURM_NTASKS}))", "1 x 256\n"},
	{"arithmetic not known", "x $((N*2)) $((1/0)) $((1<<2)) $((99999999999))",
		"1 x $((N*2)) $((1/0)) $((1<<2)) $((99999999999))\n"},
	{"arithmetic left open", "x $((1+1", "1 x 2\n"},
	{"substitution", "x $(a | b)", "1S a\n1|S b\n1 x $(a | b)\n"},
	{"known output", "x $(which mpirun) `command -v y` $(echo -n a b)",
		"1S which mpirun\n1S command -v y\n1S echo -n a b\n1 x mpirun y a b\n"},
	{"backticks", "x `a \\`b\\``", "1S b\n1S a $(b)\n1 x $(a `b`)\n"},
	{"substitution in quotes", "x \"$(a \"b c\")\"", "1S a b c\n1 x $(a \"b c\")\n"},
	{"substitution with parentheses", "x $( (a; b) ) c", "1S a\n1S b\n1 x $( (a; b) ) c\n"},
	{"process substitution", "diff <(a) >(b)", "1S a\n1S b\n1 diff /dev/fd/63 /dev/fd/63\n"},
	{"process substitution within a word", "x --f=<(a) y", "1S a\n1 x --f= y\n"},
	{"redirected to a process", "x y < <(a) 2> >(b) z\nwhile read v; do c; done < <(d)",
		"1S a\n1S b\n1 x y z\n2L1 read v\n2L1 c\n2S d\n"},
	{"subshell", "(cd d && a) &\nb", "1B cd d\n1&B a\n2 b\n"},
	{"group", "{ a; b; } | c", "1 a\n1 b\n1| c\n"},
	{"if", "if a; then b; elif c; then d; else e; fi; f", "1 a\n1 b\n1 c\n1 d\n1 e\n1 f\n"},
	{"if false", "if false; then a; else b; fi\nc", "1 false\n1D a\n1 b\n2 c\n"},
	{"if true", "if true; then a; else b; fi\nc", "1 true\n1 a\n1D b\n2 c\n"},
	{"if not", "if ! true; then a; else b; fi", "1 true\n1 a\n1 b\n"},
	{"elif true", "if a; then b; elif true; then c; else d; fi",
		"1 a\n1 b\n1 true\n1 c\n1D d\n"},
	{"test", "[[ -f x && $a < b ]] && y\n[ -f x ] || z", "1& y\n2 [ -f x ]\n2o z\n"},
	{"for takes the last", "for n in 1 2 8; do x $n; done", "1L1 x 8\n"},
	{"for not known", "for f in *.in; do x \"$f\"; done; for a; do y $a; done",
		"1L1 x *.in\n1L1 y ${a}\n"},
	{"for over a list", "L=\"4 16\"\nfor n in $L\ndo\nx $n\ndone", "4L1 x 16\n"},
	{"arithmetic for", "for ((i=0; i<4; i++)); do x $i; done", "1L1 x ${i}\n"},
	{"while", "while a; do b; done <f", "1L1 a\n1L1 b\n"},
	{"loop with &", "for i in 1 2; do a & b; done; c", "1BFL1 a\n1FL1 b\n1 c\n"},
	{"loop in the background", "while a; do b; done &\nc", "1BL1 a\n1BL1 b\n2 c\n"},
	{"nested loops", "for i in 1; do for j in 2; do a; done; b; done", "1L2 a\n1L1 b\n"},
	{"case", "case $x in\n a|b) y;;\n (\"q)\") z ;;& *) esac_not; w\nesac\nv",
		"2 y\n3 z\n3 esac_not\n3 w\n5 v\n"},
	{"case without end", "case x in\na) b", "2 b\n"},
	{"function", "f() { a \"$@\"; }\nfunction g\n{\n b\n}\nf x",
		"1(f) a ${@}\n4(g) b\n6 f x\n"},
	{"function in parentheses", "f () ( a )\nb", "1(f) a\n2 b\n"},
	{"redirections", "a >o 2>&1 <i; b &> o2; c >>o 2>e 3<q x",
		"1 a <i >o\n1 b >o2\n1 c x <q >o\n"},
	{"only redirected", "exec >log 2>&1\na", "1 exec >log\n2 a\n"},
	{"here-string", "a <<<\"x y\" b", "1 a b\n"},
	{"here-document is no command", "cat <<E >f\nmpirun x\nE\na", "1 cat >f\n4 a\n"},
	{"here-document with tabs", "cat <<-'E'\n\tmpirun x\n\tE\na", "1 cat\n4 a\n"},
	{"two here-documents", "a <<X; b <<Y\nx\nX\ny\nY\nc", "1 a\n1 b\n6 c\n"},
	{"here-document left open", "a <<X\nmpirun", "1 a\n"},
	{"here-document for nobody", "while read x; do :; done <<X\nmpirun\nX\na",
		"1L1 read x\n1L1 :\n4 a\n"},
	{"comment by here-document", ": <<'X'\nmpirun\nX\n", "1 :\n"},
	{"to a shell", "bash <<X\nmpirun a\nX\nssh h bash -s <<X\nb\nX",
		"1 bash\n2W0 mpirun a\n4 ssh h bash -s\n5W2 b\n"},
	{"file that is run", "cat >r.sh <<X\nmpirun \\$1\nX\nbash r.sh\n./r.sh\nsbatch r.sh",
		"1 cat >r.sh\n4 bash r.sh\n2W1 mpirun ${1}\n5 ./r.sh\n2W3 mpirun ${1}\n6 sbatch "
		"r.sh\n"},
	{"file by tee", "tee ./r.sh <<X\na\nX\n. r.sh", "1 tee ./r.sh\n4 . r.sh\n2W1 a\n"},
	{"file of another language", "cat >r <<X\n#!/usr/bin/python\nimport os\nX\n./r",
		"1 cat >r\n5 ./r\n"},
	{"bash -c", "srun bash -lc 'a; b $SLURM_NTASKS' c",
		"1 srun bash -lc a; b $SLURM_NTASKS c\n"
		"1W0 a\n1W0 b 64\n"},
	{"bash with a script", "bash -x run.sh -c 4", "1 bash -x run.sh -c 4\n"},
	{"eval", "c='x y'\neval \"$c $c\"", "2 eval x y x y\n2W0 x y x y\n"},
	{"prefixes", "A=1 env -u Q B=2 nice -n 5 time numactl -N 0 --localalloc ./x -a",
		"1 [env -u Q B=2 nice -n 5 time numactl -N 0 --localalloc] ./x -a\n"},
	{"assigned in front", "OMP_NUM_THREADS=4 ./x", "1 ./x\n"},
	{"timeout", "timeout -k 5 1h perf stat -e c a", "1 [timeout -k 5 1h perf stat -e c] a\n"},
	{"not a prefix", "perf report; conda activate e; env",
		"1 perf report\n1 conda activate e\n1 env\n"},
	{"container", "singularity --silent exec --nv -B /a:/b i.sif ./x y",
		"1 [singularity --silent exec --nv -B /a:/b i.sif] ./x y\n"},
	{"container by itself", "apptainer run i.sif", "1 apptainer run i.sif\n"},
	{"conda run", "conda run -n e --live-stream python x",
		"1 [conda run -n e --live-stream] python x\n"},
	{"double dash", "nsys profile -o o -- ./x", "1 [nsys profile -o o --] ./x\n"},
	{"exit", "a\nexit 0\nb", "1 a\n2 exit 0\n3D b\n"},
	{"exit that may not be", "a || exit 1\n(exit 1)\nif b; then exit; fi\nc",
		"1 a\n1o exit 1\n2 exit 1\n3 b\n3 exit\n4 c\n"},
	{"exec ends it", "exec a b\nc", "1 [exec] a b\n2D c\n"},
	{"dead assignments", "N=1\nexit\nN=2\nx $N", "2 exit\n4D x 1\n"},
	{"stray ends", "done; fi; } ) esac\na", "2 a\n"},
	{"a word and parentheses", "a (b) c", "1 a b\n1 c\n"},
	{"csh",
		"#!/bin/csh\nset e = x\nsetenv N 4\n@ k = 3\nset q=r\nif ( $N == 4 ) then\n$e $N "
		"$k $q\n"
		"endif\nforeach i (1 2)\n y $i\nend\nwhile (1)\nz\nend",
		"2 set e = x\n3 setenv N 4\n4 @ k = 3\n5 set q=r\n7 x 4 3 r\n10L1 y 2\n13L1 z\n"},
	{"python",
		"#!/usr/bin/env python3\n# os.sys"
		"tem('no')\n'''os.sys"
		"tem(\"no\")'''\nimport os, "
		"mpi4py as m\n"
		"from subprocess import run\nprint('mpirun no')\nos.sys"
		"tem('mpirun -np 4 x; y')\n"
		"run(['srun', \"-n\", str(4), f'x'])\ncmd = ['a',\n 'b']\nrun(cmd)\nc2 = f\"q "
		"{z}\"\nos.sys"
		"tem(c2)\n"
		"os.sys"
		"tem(f'w {n}')\nrun([])\nos.sys"
		"tem(unknown)\n",
		"7 mpirun -np 4 x\n7 y\n8 srun -n ${?} x\n11 a b\n13 q {z}\n14 w {n}\n"},
	{"perl",
		"#!/usr/bin/perl\nuse MPI;\nsys"
		"tem(\"srun a\");\nsystem 'b';\nmy $x = `c`;\n=pod\n"
		"sys"
		"tem('no')\n=cut\nsys"
		"tem('srun', '-n', 4);\n",
		"3 srun a\n4 b\n5 c\n9 srun -n ${?}\n"},
	{"R",
		"#!/usr/bin/Rscript\nlibrary(Rmpi)\ncmd <- 'a b'\nsys"
		"tem(cmd)\nsystem2('srun', "
		"c('-n', x))\n",
		"4 a b\n5 srun ${?}\n"},
	{"julia",
		"#!/usr/bin/env julia\n#= run(`no`) =#\nusing MPI, X\nA = B'\nrun(`mpiexec -n 4 "
		"x`)\n",
		"5 mpiexec -n 4 x\n"},
	{"other language",
		"#!/usr/bin/awk -f\n#SBATCH -N 2\nBEGIN { sys"
		"tem(\"mpirun\") }\n",
		""},
};

START_TEST(read_commands)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	size_t len = strlen(reads[_i].text);
	cleanup_free char *text = malloc(len + 1);
	struct script s;

	ck_assert_ptr_nonnull(text);
	/* without a NUL, so that reading past the end is seen */
	memcpy(text, reads[_i].text, len);
	text[len] = 'Z';
	if (!strcmp(reads[_i].name, "NUL is a blank"))
		text[1] = '\0';
	ck_assert_int_eq(script_read(text, len, vars, &s, NULL), 0);
	put_commands(&s, &sb);
	ck_assert_msg(!strcmp(sb.buf, reads[_i].commands), "%s: got\n%s", reads[_i].name, sb.buf);
	ck_assert(!s.truncated);
	script_release(&s);
}
END_TEST

static const struct {
	const char *name, *text, *directives;
} directive_reads[] = {
	{"none", "echo\n", ""},
	{"plain", "#!/bin/bash\n#SBATCH -N 4 --exclusive\n#SBATCH\n", "2: -N 4 --exclusive\n"},
	{"until the first command", "#!/bin/sh\n\n#SBATCH -N 1\n# c\n  \ncd x\n#SBATCH -n 9\n",
		"3: -N 1\n"},
	{"comment behind", "#SBATCH -n 4 # of -N 8\n#SBATCH #-n 2\n", "1: -n 4\n"},
	{"quotes", "#SBATCH -J 'a b' --comment=\"c \\\"d\\\" # e\" f\\ g\n",
		"1: -J a b --comment=c \"d\" # e f g\n"},
	{"not one", "##SBATCH -n 1\n # SBATCH -n 2\n #SBATCH -n 3\n#sbatch -n 4\n", ""},
	{"without a blank", "#SBATCH--time=5\r\n", "1: --time=5\n"},
	{"in Python", "#!/usr/bin/python\n#SBATCH -n 3\nimport x\n", "2: -n 3\n"},
};

START_TEST(read_directives)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *text = directive_reads[_i].text;
	struct script s;

	ck_assert_int_eq(script_read_directives(text, strlen(text), &s, NULL), 0);
	ck_assert_uint_eq(s.ncommands, 0);
	for (size_t i = 0; i < s.ndirectives; i++) {
		strbuf_addf(&sb, "%u:", s.directives[i].line);
		for (size_t k = 0; k < s.directives[i].argc; k++)
			strbuf_addf(&sb, " %s", s.directives[i].argv[k]);
		strbuf_addch(&sb, '\n');
	}
	ck_assert_msg(!strcmp(sb.buf, directive_reads[_i].directives), "%s: got\n%s",
		directive_reads[_i].name, sb.buf);
	script_release(&s);
}
END_TEST

static const struct {
	const char *line;
	enum script_lang lang;
} langs[] = {
	{"#!/bin/bash -l\n", SCRIPT_SH},
	{"#! /usr/bin/env bash\n", SCRIPT_SH},
	{"no first line\n", SCRIPT_SH},
	{"#!/bin/tcsh -f", SCRIPT_CSH},
	{"#!/usr/bin/env -S python3.11 -u\n", SCRIPT_PYTHON},
	{"#!/opt/python/bin/pythonic\n", SCRIPT_SH},
	{"#!/usr/bin/perl -w\n", SCRIPT_PERL},
	{"#!/usr/bin/env Rscript\r\n", SCRIPT_R},
	{"#!/usr/bin/env julia\n", SCRIPT_JULIA},
	{"#!/usr/bin/ruby\n", SCRIPT_OTHER},
	{"#!", SCRIPT_SH},
};

START_TEST(first_lines)
{
	struct script s;

	ck_assert_int_eq(
		script_read_directives(langs[_i].line, strlen(langs[_i].line), &s, NULL), 0);
	ck_assert_msg(s.lang == langs[_i].lang, "%s", langs[_i].line);
	script_release(&s);
}
END_TEST

START_TEST(other_results)
{
	static const char text[] = "A=1\nexport B=2 C\nA=3 ./x\nexit\nB=9\n";
	static const char other[] =
		"cat <<-'E' >./d/f.py\n\timport mpi4py\n\tE\npython d/f.py <<X\n"
		"$x \\$y\nX\nk <<<'in'\n";
	static const char python[] =
		"#!/usr/bin/python\nimport a.b, c as d\nfrom mpi4py import MPI\nx = 'import no'\n";
	char base[16];
	struct script s;

	ck_assert_int_eq(script_read(text, sizeof(text) - 1, NULL, &s, NULL), 0);
	ck_assert_str_eq(s.interpreter, "");
	ck_assert_uint_eq(s.nassignments, 4);
	ck_assert_str_eq(script_value(&s, "A"), "3");
	ck_assert_str_eq(script_value(&s, "B"), "2");
	ck_assert_ptr_null(script_value(&s, "C"));
	ck_assert(s.assignments[0].command == SCRIPT_NO_COMMAND && s.assignments[2].command == 1);
	script_release(&s);

	ck_assert_int_eq(script_read(other, sizeof(other) - 1, NULL, &s, NULL), 0);
	ck_assert_ptr_nonnull(script_find_file(&s, "d/f.py"));
	ck_assert_str_eq(script_find_file(&s, "./d/f.py")->text, "import mpi4py\n");
	ck_assert_uint_eq(script_find_file(&s, "d/f.py")->line, 2);
	ck_assert_ptr_null(script_find_file(&s, "f.py"));
	ck_assert_str_eq(s.commands[1].stdin_text, "$x $y\n");
	ck_assert_str_eq(s.commands[2].stdin_text, "in");
	script_release(&s);

	ck_assert_int_eq(script_read(python, sizeof(python) - 1, NULL, &s, NULL), 0);
	ck_assert_str_eq(s.interpreter, "/usr/bin/python");
	ck_assert_uint_eq(s.nimports, 3);
	ck_assert_str_eq(s.imports[0].name, "a.b");
	ck_assert_str_eq(s.imports[1].name, "c");
	ck_assert_str_eq(s.imports[2].name, "mpi4py");
	ck_assert_uint_eq(s.imports[2].line, 3);
	script_release(&s);
	script_release(&s);

	ck_assert_str_eq(script_basename("/a/b/wrf.exe", base, sizeof(base)), "wrf");
	ck_assert_str_eq(script_basename("x", base, sizeof(base)), "x");
	ck_assert_str_eq(script_basename("a/", base, sizeof(base)), "");
	ck_assert_str_eq(
		script_basename("12345678901234567890", base, sizeof(base)), "123456789012345");
}
END_TEST

/* PIECE so often that it is more than SCRIPT_MAX. */
static char *many(const char *piece, size_t *len)
{
	size_t n = strlen(piece), times = SCRIPT_MAX / n + 2;
	char *text = malloc(n * times + 1);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < times; i++)
		memcpy(text + i * n, piece, n);
	*len = n * times;
	return text;
}

/* What could take for ever, or all memory. */
static const char *const floods[] = {
	"a\n",
	"a b;",
	"(",
	"{ ",
	"$(",
	"\"$(",
	"((",
	"`",
	"'",
	"${",
	"${a:-",
	"$((",
	"<<E ",
	"<<E\n",
	"cat <<E\n",
	"if a; then ",
	"for i in a; do ",
	"case x in a) ",
	"[[ ",
	"a=$a$a;a=$a$a;",
	"f() { f; };",
	"& ",
	"a & ",
	"(a & ",
	"b=`bash -c '",
	"eval \"$a\";a+=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx;",
	"cat >f <<E\n./f; ./f\nE\n./f;",
	"x=(a b ",
	"<(",
	"\\\n",
	"export a=1;",
	"word ",
};

START_TEST(floods_end)
{
	size_t len;
	cleanup_free char *text = many(floods[_i], &len);
	struct script s;

	ck_assert_int_eq(script_read(text, len, NULL, &s, NULL), 0);
	ck_assert(s.truncated);
	ck_assert_uint_le(s.ncommands, SCRIPT_COMMANDS_MAX);
	script_release(&s);
	/* as Python, the same */
	memcpy(text, "#!python\n", 9);
	ck_assert_int_eq(script_read(text, len, NULL, &s, NULL), 0);
	script_release(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("script");
	TCase *tc = tcase_create("script");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, read_commands, 0, ARRAY_SIZE(reads));
	tcase_add_loop_test(tc, read_directives, 0, ARRAY_SIZE(directive_reads));
	tcase_add_loop_test(tc, first_lines, 0, ARRAY_SIZE(langs));
	tcase_add_test(tc, other_results);
	tcase_add_loop_test(tc, floods_end, 0, ARRAY_SIZE(floods));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
