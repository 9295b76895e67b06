# shellcheck shell=bash
# Sourced by the other scripts: finds Python and installs the project into a virtual
# environment, once. Needs bash 3.2 or later (what macOS has) and nothing else.

# shellcheck disable=SC2034 # $attempted is read by who sources this.

# Runs a command and remembers it, ready to be typed, in $attempted.
attempt() {
  attempted=$(printf ' %q' "$@")
  "$@"
}

# Prints the first Python that is new enough. PYTHON=/path/to/python chooses another.
find_python() {
  local candidate version seen=""
  for candidate in ${PYTHON:+"$PYTHON"} \
    python3 python3.13 python3.12 python3.11 python3.14 python; do
    version=$("$candidate" -c 'import platform; print(platform.python_version())' \
      2>/dev/null) || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      echo "$candidate"
      return
    fi
    seen="$seen $candidate ($version)"
  done
  {
    echo "Python 3.11 or later is needed, but${seen:- none} was found."
    echo "Install it from python.org, your system's packages (python3.12 and"
    echo "python3.12-venv on Debian and Ubuntu) or Homebrew (brew install python@3.12);"
    printf 'if it is not on PATH, name it: PYTHON=/path/to/python3.12 %q\n' "$0"
  } >&2
  return 1
}

# ensure_environment FOLDER REQUIREMENT
# Makes the virtual environment FOLDER and installs REQUIREMENT ("." or ".[test]")
# editable, unless that was done with the same setup.cfg at the same place before. A
# folder of that name that these scripts did not make is left as it is.
ensure_environment() {
  local folder=$1 requirement=$2 python wanted
  attempted="ensure_environment $folder $requirement"
  wanted="$PWD $requirement $(cksum <setup.cfg)"
  if [ -f "$folder/installed" ] && [ "$(cat "$folder/installed")" = "$wanted" ]; then
    return
  fi
  if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    if [ -e "$folder" ] && [ ! -f "$folder/installed" ] &&
      [ ! -f "$folder.made_by_launch" ]; then
      echo "$PWD/$folder is there, has no working pip and was not made by these" >&2
      echo "scripts, so it is not replaced: move it away, and start again." >&2
      return 1
    fi
    python=$(find_python)
    echo "Making $folder with $("$python" --version) ($(command -v "$python"))"
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
      echo "$python comes without ensurepip, which makes virtual environments: on" >&2
      echo "Debian and Ubuntu, install python3-venv of the same version." >&2
      return 1
    fi
    # Beside the folder, since --clear empties it.
    touch "$folder.made_by_launch"
    attempt "$python" -m venv --clear "$folder"
  fi
  echo "Installing (about 1 GB to download the first time)"
  attempt "$folder/bin/python" -m pip install --disable-pip-version-check \
    --prefer-binary --editable "$requirement"
  echo "$wanted" >"$folder/installed"
}
