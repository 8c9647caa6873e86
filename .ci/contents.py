"""List the data files in a wheel; fail if a scenario or calibration file of the checkout is not there."""

import sys
import zipfile
from pathlib import Path

CONTENT = ("scenarios", "calibration")
NEEDED = ("scenarios/notice-2022.yaml", "calibration/china-2022/recipe.yaml")
BUILT = ("economy.npz", "baseline.npz", "meta.json", "codes.json")  # wherever the calibration keeps them


def main(wheel: Path, checkout: Path) -> int:
    with zipfile.ZipFile(wheel) as archive:
        sizes = {i.filename: i.file_size for i in archive.infolist() if not i.filename.endswith(".py")}
    for name, size in sorted(sizes.items()):
        print(f"{size:>10}  {name}")
    library = {n.removeprefix("simcore/library/") for n in sizes if n.startswith("simcore/library/")}
    files = {p.relative_to(checkout).as_posix() for top in CONTENT for p in (checkout / top).rglob("*") if p.is_file()}
    missing = sorted((files | set(NEEDED)) - library)
    for name in BUILT:
        if not any(f.startswith("calibration/china-2022/") and f.endswith("/" + name) for f in library):
            missing.append(f"calibration/china-2022/**/{name}")
    stray = sorted(n for n in sizes if not n.startswith(("simcore/", "simcore-")))
    for name in missing:
        print(f"missing in the wheel: {name}", file=sys.stderr)
    for name in stray:
        print(f"outside the package: {name}", file=sys.stderr)
    return 1 if missing or stray else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
