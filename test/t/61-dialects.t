#!/usr/bin/python3
"""Proves that the dialect tables have every parameter and member of the API documents, and README's tables are theirs.

With --update it writes README's tables instead.
"""
import os
import re
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..", "dialects")]

import tables  # noqa: E402
from documents import DOCUMENTS, members, parameters  # noqa: E402
from tap import done, is_  # noqa: E402

# Parameters whose meaning is too uncertain to push: list_images sends them as they are, by its argument params.
ONLY_PARAMS = {"ims": {"tag"}}

README = os.path.join(here, "..", "..", "README.md")
SECTION = re.compile(r"<!-- table of (\w+) -->\n(.*?)<!-- end -->", re.S)

found = tables.read()
with open(README, encoding="utf-8") as file:
    readme = file.read()
if "--update" in sys.argv:
    readme = SECTION.sub(lambda section: "<!-- table of %s -->\n%s<!-- end -->" % (
        section[1], tables.markdown(found[section[1]], parameters(section[1]))), readme)
    with open(README, "w", encoding="utf-8") as file:
        file.write(readme)

shown = {section[1]: section[2] for section in SECTION.finditer(readme)}
is_(sorted(found), sorted(DOCUMENTS), "each dialect has a document")
for api in sorted(DOCUMENTS):
    missing = {name for name in parameters(api) if not found[api].is_sent(name)}
    is_(missing, ONLY_PARAMS.get(api, set()), api + ": each documented parameter is sent for some SQL")
    is_([name for name in members(api) if not found[api].field(name)], [], api + ": each documented member is a field")
    is_(shown.get(api), tables.markdown(found[api], parameters(api)), api + ": README's table is the dialect's")
done()
