# The shell function of the stand-in: what `conda activate` needs.
conda() {
	case "${1-}" in
	activate | deactivate)
		_conda_says=$("$CONDA_EXE" shell.posix "$@") || return
		eval "$_conda_says"
		unset _conda_says
		;;
	*) "$CONDA_EXE" "$@" ;;
	esac
}

if [ -z "${CONDA_SHLVL+x}" ]; then
	export CONDA_SHLVL=0
	export PATH="$(dirname "$(dirname "$CONDA_EXE")")/condabin:$PATH"
fi
