#!/usr/bin/env bash
# Tries a bundle on bare Debian systems as an ordinary user: `doctor`, the main job, and a film where OpenGL is there.
#
#     sudo Tests/machines/bundle.sh BUNDLE.tar.gz FOLDER [bookworm] [bullseye] [trixie]
#
# Needs root, debootstrap and the network. The systems stay in FOLDER for the next time. Takes about five minutes a system on two cores.
set -euo pipefail
bundle=$(readlink -f "$1") folder=$(readlink -f "$2")
shift 2
[ $# -gt 0 ] || set -- bookworm bullseye

for release in "$@"; do
    root=$folder/$release
    if [ ! -e "$root/.ready" ]; then
        debootstrap --variant=minbase "$release" "$root"
        chroot "$root" apt-get install -y --no-install-recommends ffmpeg libegl1 libegl-mesa0 libgl1-mesa-dri
        chroot "$root" useradd --create-home user
        touch "$root/.ready"
    fi
    rm -rf "$root"/opt/gait-* "$root"/home/user/*
    tar -xf "$bundle" -C "$root/opt"
    cat >"$root/tmp/try" <<'TRY'
set -eu
cd
for tried in /opt/gait-*/gait; do gait=$tried; done
if command -v swift; then echo "this system has Swift"; exit 1; fi
"$gait" doctor
"$gait" verify | tail -3
"$gait" reproduce fig4 --preset quick --out runs
run=$(ls -d runs/half-cheetah-dir/pmeta-rl/seed-* | head -1)
"$gait" render "$run" --out film.mp4
test -s film.mp4 && test -s runs/report/report.html
TRY
    # In a mount namespace of its own, so that nothing stays mounted.
    unshare --mount bash -c '
        for name in proc sys dev; do mount --rbind "/$name" "$0/$name"; done
        exec chroot "$0" su user -c "sh /tmp/try"' "$root"
    echo "$release: passed"
done
