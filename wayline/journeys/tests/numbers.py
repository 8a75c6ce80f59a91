"""Reads every number of a page that leads to customers, and holds it against the list it leads to."""

import re
from html import unescape

LINK = re.compile(r'<a\b[^>]*href="(?P<address>[^"]*/people/\?[^"]*)"[^>]*>(?P<words>.*?)</a>', re.DOTALL)
HIDDEN = re.compile(r'<span class="vh">.*?</span>|<b [^>]*aria-hidden="true">.*?</b>', re.DOTALL)
COUNT = re.compile(r"(?:^(?!.*%)|\bn )(\d{1,3}(?:[\u202f ]\d{3})*)\b")


def counted_links(page: str) -> list[tuple[str, int]]:
    """The address behind every number of customers on the page, and the number as it is shown."""
    found = []
    for link in LINK.finditer(page):
        words = re.sub(r"<[^>]+>", "", HIDDEN.sub("", link["words"])).strip()
        if count := COUNT.search(words):
            found.append((unescape(link["address"]), int(re.sub(r"\s", "", count[1]))))
    return found


def disagreements(client, page: str) -> list[tuple[str, int, int, int]]:
    """Numbers that are not what stands behind them: (address, shown, counted there, rows of the export)."""
    found = []
    for address, shown in sorted(set(counted_links(page))):
        behind = client.get(address).context["behind"]
        export = client.get(address.replace("/people/?", "/people.csv?"))
        rows = len(b"".join(export.streaming_content).splitlines()) - 1
        if (shown, behind.n) != (behind.counted, rows):
            found.append((address, shown, behind.counted, rows))
    return found
