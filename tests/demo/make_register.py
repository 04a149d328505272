#!/usr/bin/python3
"""Writes the demo's registers: four municipalities, some 300 groups, 1 100 contact persons, all invented.

    make_register.py FOLDER [--groups N] [--seed N]

Each file is what a municipality's spreadsheet writes: semicolons, Windows-1252, CRLF, one row per contact person,
with the small irregularities that real ones have (a year only, "ca 30", a missing zero). The addresses are
example.se's, the telephone numbers come from the series that is set aside for fiction. The same seed gives the same
files.
"""

import argparse
import os
import random
import unicodedata

MUNICIPALITIES = [("1292", "Ängelholm", 44), ("1257", "Örkelljunga", 12), ("1278", "Båstad", 20), ("1284", "Höganäs", 24)]
TREES = ["Lärk", "Ek", "Björk", "Asp", "Al", "Lind", "Rönn", "Hassel", "Ask", "Bok", "Tall", "Gran", "Oxel", "Pil", "Alm"]
PLACES = ["vägen", "backen", "gatan", "lunden", "stigen", "dalen", "kullen", "ängen", "gården", "höjden"]
ENDINGS = ["", " m.fl.", " norra", " södra", " brf", " samfällighet"]
DISTRICTS = {"1292": ["Exempelby", "Provinge", "Testorp"], "1257": ["Norra Provby", "Exempelås"],
             "1278": ["Strandprov", "Exempelhamn"], "1284": ["Kustprov", "Exempelviken", "Provlund"]}
KINDS = [("Villa", 60), ("Radhus", 15), ("Lägenhet", 12), ("Fritidshus", 8), ("Lantbruk", 3), ("Båt", 2)]
FIRST = ["Gunilla", "Åke", "Yasmin", "Lars-Erik", "Märta", "Örjan", "Ásta", "Inga-Lill", "Nils", "Zahra", "Göran", "Eva",
         "Håkan", "Birgit", "Ove", "Siv", "Anders", "Leila", "Kjell", "Ulla-Britt", "Per", "Åsa", "Tomas", "Renée"]
LAST = ["Exempelsson", "Påhittad", "Provdotter", "Testberg", "Fiktiv", "Låtsas", "Uppdiktad", "Mönster", "Skissman",
        "Övningsson", "Försöker", "Prövare", "Öhman-Prov", "af Exempel"]
HEADER = ["Område", "Typ", "Ort", "Postnr", "Startdatum", "Status", "Antal hushåll", "Anslutna", "Skyltar", "Senaste träff",
          "Roll", "Förnamn", "Efternamn", "E-post", "Mobil", "Utbildad"]


def ascii_name(text):
    plain = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in plain if c.isascii() and (c.isalnum() or c in ".-")).strip(".-")


def pick(rng, weighted):
    return rng.choices([w[0] for w in weighted], [w[1] for w in weighted])[0]


def phone(rng):
    number = "070-174 %02d %02d" % (6, rng.randint(5, 99))
    return rng.choice([number, number, number.replace(" ", ""), "+46 (0)" + number[1:], number.replace("-", "").replace(" ", "")[1:]])


def group_row(rng, code, names):
    while True:
        name = rng.choice(TREES) + rng.choice(PLACES) + rng.choice(ENDINGS)
        if name not in names:
            names.add(name)
            break
    households = rng.randint(8, 60)
    start = "20%02d-%02d-%02d" % (rng.randint(10, 25), rng.randint(1, 12), rng.randint(1, 28))
    status = pick(rng, [("Aktiv", 92), ("Vilande", 4), ("Under uppstart", 4)])
    return [name, pick(rng, KINDS), rng.choice(DISTRICTS[code]), "26%d %02d" % (rng.randint(2, 6), rng.randint(10, 99)),
            rng.choice([start, start, start[:4], start.replace("-", "")]), status,
            rng.choice([str(households), "ca %d" % households]), str(int(households * rng.uniform(0.5, 1))),
            str(rng.randint(1, 5)), "2025-%02d-%02d" % (rng.randint(1, 12), rng.randint(1, 28))]


def contact_cells(rng, code, serial, lead):
    first, last = rng.choice(FIRST), rng.choice(LAST)
    address = "%s.%s.%s%d@example.se" % (ascii_name(first), ascii_name(last.replace(" ", "")), code, serial)
    return [rng.choice(["HKO", "Huvudkontakt"]) if lead else rng.choice(["KO", "Ombud"]), first, last, address, phone(rng),
            rng.choice(["ja", "x", "nej", "2023"])]


def write_register(path, rng, code, groups):
    rows, names, serial = [], set(), 0
    for _ in range(groups):
        group = group_row(rng, code, names)
        for i in range(rng.choices([2, 3, 4, 5, 6], [15, 30, 30, 15, 10])[0]):
            serial += 1
            rows.append(group + contact_cells(rng, code, serial, i == 0))
    with open(path, "w", encoding="windows-1252", newline="") as out:
        for row in [HEADER] + rows:
            out.write(";".join(row) + "\r\n")
    return len(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder")
    parser.add_argument("--groups", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    os.makedirs(options.folder, exist_ok=True)
    for code, name, share in MUNICIPALITIES:
        path = os.path.join(options.folder, "register-%s.csv" % ascii_name(name))
        count = write_register(path, rng, code, options.groups * share // 100)
        print("%s %s %d" % (code, path, count))


if __name__ == "__main__":
    main()
