#!/usr/bin/env bash
# Tries PyPI's MuJoCo as a user does: installs it, builds with it, verifies, trains for a moment, films, bundles, and goes from one engine to
# the other with a run. Then runs the tests that depend on the engine.
#
#     Tests/machines/engine.sh FOLDER [VERSION]...
#
# Needs python3 with pip and the network. The packages stay in FOLDER. Without versions it takes PyPI's newest. About ten minutes a version on two cores.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
mkdir -p "$1"
folder=$(readlink -f "$1")
shift
[ $# -gt 0 ] || set -- newest

fail() { printf 'engine.sh: %s\n' "$1" >&2; exit 1; }
small=(--set 'actorHidden=[16, 16]' --set 'criticHidden=[16, 16]' --set 'encoderHidden=[16]' --set batchSize=16 --set initialSteps=200)

for asked in "$@"; do
    engine=$folder/$asked
    if [ ! -e "$engine/.ready" ]; then
        python3 -m venv "$engine"
        version=''
        [ "$asked" = newest ] || version="==$asked"
        # Headers and library alone: MuJoCo 4 has them in a package that `mujoco` requires.
        "$engine/bin/pip" install --quiet --no-deps "mujoco$version"
        if ! ls "$engine"/lib/python3*/site-packages/mujoco/libmujoco* >/dev/null 2>&1; then
            "$engine/bin/pip" install --quiet --no-deps "mujoco-core==$("$engine/bin/pip" show mujoco | sed -n 's/^Version: //p')"
        fi
        touch "$engine/.ready"
    fi
    runs=$(mktemp -d)
    with() { MUJOCO_ROOT=$engine ./gait "$@"; }
    version=$(with doctor | sed -n 's/^ok *MuJoCo *\([0-9.]*\) .*/\1/p')
    [ -n "$version" ] || fail "doctor does not name the version"
    [ "$asked" = newest ] || [ "$asked" = "$version" ] || fail "doctor says $version"

    with verify >"$runs/verify" || { grep MISMATCH "$runs/verify"; fail "verify found a mismatch"; }
    with train pmeta-rl half-cheetah-dir --preset quick --steps 1000 --out "$runs/run" "${small[@]}"
    grep -q "mujoco: $version\$" "$runs/run/config.yaml" || fail "config.yaml does not name $version"
    with report "$runs/run" --out "$runs/report"
    grep -q "MuJoCo $version" "$runs/report/report.md" || fail "the report does not name $version"
    with render "$runs/run" --out "$runs/film.mp4"
    test -s "$runs/film.mp4"

    # Debian's own engine: refuses the run, unless it is told to go on.
    if env -u MUJOCO_ROOT ./gait resume "$runs/run" --steps 2000 2>"$runs/refusal"; then fail "the run went on with another engine"; fi
    grep -q "trained with MuJoCo $version" "$runs/refusal" || fail "the refusal does not name $version: $(cat "$runs/refusal")"
    env -u MUJOCO_ROOT ./gait resume "$runs/run" --steps 2000 --other-engine
    grep -q "mujoco: \"$version then " "$runs/run/config.yaml" || fail "config.yaml does not name both engines"

    with bundle "$runs/gait.tar"
    tar -tf "$runs/gait.tar" >"$runs/files"
    for file in "lib/libmujoco.so.$version" licenses/mujoco/LICENSE; do grep -q "/$file" "$runs/files" || fail "the bundle has no $file"; done
    tar -xf "$runs/gait.tar" -C "$runs"
    env -u MUJOCO_ROOT "$runs"/gait-*/gait doctor | grep -q "^ok *MuJoCo *$version ($runs/gait-" || fail "the bundle does not run with its own MuJoCo"

    with test --filter '^(MuJoCoTests|LocomotionTests|EngineTests)\.'
    rm -rf "$runs"
    echo "MuJoCo $version: passed"
done
