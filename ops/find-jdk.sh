# Finds a JDK 25; sourced by ./hydrant and .ci/run, which both need one where `java` on the PATH may be older.
# Works in bash 3.2 and later. Reads the JDK's `release` file, so that looking costs no process.

hydrant_jdk_feature=25

# Prints the feature version (25 of 25.0.3) of the JDK in directory $1; fails if there is none to be seen.
hydrant_jdk_version() {
  local line version=""
  [ -x "$1/bin/java" ] || return 1
  if [ -r "$1/release" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      case "$line" in
        JAVA_VERSION=*) version=${line#JAVA_VERSION=} ;;
      esac
    done <"$1/release"
    version=${version//\"/}
  fi
  if [ -z "$version" ]; then
    line=$("$1/bin/java" -version 2>&1) || return 1
    version=${line#*version \"}
    [ "$version" != "$line" ] || return 1
    version=${version%%\"*}
  fi
  version=${version#1.}
  version=${version%%[!0-9]*}
  [ -n "$version" ] && printf '%s\n' "$version"
}

# Sets hydrant_jdk to $1 if that is a JDK 25 with what $2 names (java, or javac for building).
hydrant_try_jdk() {
  [ -n "$1" ] && [ -x "$1/bin/${2:-java}" ] || return 1
  [ "$(hydrant_jdk_version "$1")" = "$hydrant_jdk_feature" ] || return 1
  hydrant_jdk=$1
}

# Sets hydrant_jdk to the directory of a JDK 25, or fails with a message that says where was looked and what to do.
# $1: the program it must have, java (default) or javac.
hydrant_find_jdk() {
  local program=${1:-java} candidate on_path=""
  if [ -n "${HYDRANT_JAVA_HOME:-}" ]; then
    # Named on purpose: another one in its place would be a surprise.
    hydrant_try_jdk "$HYDRANT_JAVA_HOME" "$program" && return 0
    printf 'hydrant: HYDRANT_JAVA_HOME=%s is not a JDK %s with bin/%s.\nPoint it to one, or unset it to have one looked for.\n' \
      "$HYDRANT_JAVA_HOME" "$hydrant_jdk_feature" "$program" >&2
    return 1
  fi
  hydrant_try_jdk "${JAVA_HOME:-}" "$program" && return 0
  if candidate=$(command -v java 2>/dev/null); then
    candidate=$(readlink -f "$candidate" 2>/dev/null || printf '%s' "$candidate")
    on_path=${candidate%/bin/java}
    hydrant_try_jdk "$on_path" "$program" && return 0
  fi
  for candidate in /usr/lib/jvm/* /opt/java/* /opt/jdk* /usr/java/* /usr/local/jdk* \
    "${HOME:-/nonexistent}"/.sdkman/candidates/java/* "${HOME:-/nonexistent}"/.jdks/* \
    "${HOME:-/nonexistent}"/.local/share/mise/installs/java/* \
    "${HOME:-/nonexistent}"/.asdf/installs/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    hydrant_try_jdk "$candidate" "$program" && return 0
  done
  {
    printf 'hydrant: no JDK %s found' "$hydrant_jdk_feature"
    [ -z "$on_path" ] || printf ' (java on the PATH is version %s)' "$(hydrant_jdk_version "$on_path" || printf unknown)"
    printf '.\nInstall one (a package such as temurin-25-jdk, or "sdk install java 25-tem"), or set HYDRANT_JAVA_HOME to its directory.\n'
    printf 'Looked at JAVA_HOME, the PATH, /usr/lib/jvm, /opt, ~/.sdkman, ~/.jdks.\n'
  } >&2
  return 1
}
