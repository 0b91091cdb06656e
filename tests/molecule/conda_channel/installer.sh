#!/bin/sh
# A stand-in for the installer of Miniforge, with its options. The packages lie behind the last line of this text.
set -eu

prefix=$HOME/miniforge3
exists=refuse
while getopts bfhp:su option; do
	case $option in
	b | s) ;;
	f) exists=fill ;;
	u) exists=update ;;
	p) prefix=$OPTARG ;;
	*)
		echo "usage: $0 [-b] [-f] [-u] [-p PREFIX]"
		exit 2
		;;
	esac
done

if [ -e "$prefix" ] && [ "$exists" = refuse ]; then
	echo "ERROR: File or directory already exists: '$prefix'" >&2
	echo "If you want to update an existing installation, use the -u option." >&2
	exit 1
fi
mkdir -p "$prefix"
prefix=$(cd "$prefix" && pwd)
work=$(mktemp -d "$prefix/.installer.XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "PREFIX=$prefix"
tail -n +@LINES@ "$0" | tar --directory "$work" --extract --gzip
mkdir -p "$prefix/pkgs"
mv -f "$work"/pkgs/* "$prefix/pkgs/"
loader="$work/bootstrap/lib/@LOADER@"
{ echo @EXPLICIT; cat "$work/bootstrap/urls.txt"; } >"$work/packages.txt"
cat "$work/bootstrap/urls.txt" >>"$prefix/pkgs/urls.txt"
mkdir -p "$prefix/conda-meta" "$prefix/envs"
touch "$prefix/conda-meta/history"
CONDA_PKGS_DIRS=$prefix/pkgs CONDARC=/dev/null \
	"$loader" --library-path "$work/bootstrap/lib" "$work/bootstrap/bin/@PYTHON@" -m conda \
	install --offline --yes --quiet --prefix "$prefix" --file "$work/packages.txt"
printf 'channels:\n  - conda-forge\n' >"$prefix/.condarc"
echo "installation finished."
exit 0
