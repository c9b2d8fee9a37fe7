#!/usr/bin/python3
"""Proves that README's examples, run in order as a reader would, print what README shows.

With --update it writes what they print into README instead.
"""
import os
import re
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

import imagecat  # noqa: E402
from cloud import Cloud  # noqa: E402
from tap import done, is_  # noqa: E402

README = os.path.join(here, "..", "..", "README.md")
EXAMPLE = re.compile(r"```sql\n(.*?)```\n(?:```text\n(.*?)```\n)?", re.S)


def run(examples, url):
    """What psql prints for each of the examples, all in one session."""
    script = "".join("%s\\echo @@@\n" % sql for sql in examples)
    psql = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "url=" + url, "readme"], input=script,
                          text=True, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, check=False)
    return [re.sub(r"\n+\Z", "\n", output.lstrip("\n")) for output in psql.stdout.split("@@@\n")]


with open(README, encoding="utf-8") as file:
    readme = file.read()
found = list(EXAMPLE.finditer(readme))
imagecat.fresh_database("readme").cursor().execute("DROP EXTENSION imagecat")
with Cloud(images=200, seed=7, mode="believable") as cloud:
    printed = run([example[1] for example in found], cloud.url)

if "--update" in sys.argv:
    for example, output in reversed(list(zip(found, printed))):
        if example[2] is not None:
            readme = readme[:example.start(2)] + output + readme[example.end(2):]
    with open(README, "w", encoding="utf-8") as file:
        file.write(readme)
for number, example in enumerate(found):
    first = example[1].split("\n", 1)[0]
    is_(printed[number] if number < len(printed) else None, example[2] or "", "README: " + first)
is_(len(printed), len(found) + 1, "all examples run")
done()
