#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A day (and a half) of a site in state.db, and what it cost, calculated once more, in fractions.

	cost_day.py make SCHEMA_DIR STATE_DIR SEED	writes STATE_DIR/state.db
	cost_day.py check STATE_DIR BY			compares "cost report --by BY --format json" on stdin
	cost_day.py export STATE_DIR legacy|cur2	a Cost and Usage Report that agrees, but for three lines

Nothing here is taken from the program: doc/cost.md is the specification, and the calculation goes another
way round (every part as a Fraction, every second's owners by looking at all jobs).
"""
import csv
import json
import os
import random
import sqlite3
import sys
from fractions import Fraction

DAY = 86400
T0 = 1795305600  # 2026-11-22T00:00:00Z
MINIMUM = 60
RATES = {"c5n.18xlarge": 3888000, "hpc7a.96xlarge": 7200000, "c6a.48xlarge": 7344000, "m6i.large": 96001}


def make(schema, state, seed):
    rnd = random.Random(seed)
    os.makedirs(state, mode=0o700, exist_ok=True)
    path = os.path.join(state, "state.db")
    if os.path.exists(path):
        os.unlink(path)
    os.umask(0o077)
    db = sqlite3.connect(path)
    for name in ("schema.sql", "schema_2.sql"):
        with open(os.path.join(schema, name), encoding="utf-8") as f:
            db.executescript(f.read())
    db.execute("PRAGMA application_id = 0x42555253")
    db.execute("PRAGMA user_version = 2")
    users = [("ada", "cfd"), ("bob", "cfd"), ("eve", "bio"), ("o'neil", "<b>x&y</b>"), ("zoë", "")]
    serial = 0

    def gang(gid, state_, job, restart, user, account, partition, nodes, active, name=None, created=T0):
        db.execute(
            "INSERT INTO gang (id, state, job_id, restart, job_name, user, account, partition, node_group, nodes, size,"
            " all_or_nothing, efa_asked, efa, limit_uusd, limit_per_hour, region, placement, type, az, rate_uusd_hr,"
            " stop, again_ms, created_ms, changed_ms, active_ms) VALUES (?,?,?,?,?,?,?,?,'g',?,?,1,0,0,-1,0,'us-east-2','',"
            "'','',-1,'',0,?,?,?)",
            (gid, state_, job, restart, name or (str(job) if job else ""), user, account, partition, ",".join(nodes),
             len(nodes), created * 1000, created * 1000, active * 1000))

    def instance(gid, node, type_, spot, rate, od, launched, ended_s, asked_ms, seen_ms, bound=True):
        nonlocal serial
        serial += 1
        iid = "i-%017x" % serial
        db.execute(
            "INSERT INTO instance (id, gang, launch, region, state, node, type, az, subnet, ip, spot, rate_uusd_hr,"
            " launched_s, bound_ms, end_asked_ms, last_asked_ms, terminated_ms, why, ended_s, od_rate_uusd_hr)"
            " VALUES (?,?,NULL,'us-east-2','terminated',?,?,'us-east-2a','','',?,?,?,?,?,?,?,'',?,?)",
            (iid, gid, node, type_, spot, rate, launched, (launched + 20) * 1000 if bound else 0, asked_ms, asked_ms,
             seen_ms, ended_s, od))
        return iid

    def ran(job, restart, user, account, partition, nodes, cpus, began, ended, name=None):
        db.execute(
            "INSERT INTO job_run (job_id, restart, name, user, account, partition, nodes, cpus, began_s, ended_s)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            (job, restart, name or str(job), user, account, partition, ",".join(nodes), cpus, began, ended))

    def gang_job(gid, job, restart, nodes):
        db.execute("INSERT INTO gang_job VALUES (?,?,?,?)", (gid, job, restart, ",".join(nodes)))

    for k in range(200):
        job = 1000 + k
        user, account = rnd.choice(users)
        partition = rnd.choice(["aws", "spot"])
        n = rnd.choice([1, 1, 2, 3, 4, 8])
        nodes = ["n%d-%d" % (k % 40, i) for i in range(n)]
        type_ = rnd.choice(list(RATES))
        spot = rnd.random() < 0.5
        od = RATES[type_] if rnd.random() < 0.9 else -1
        rate = RATES[type_] if not spot else int(RATES[type_] * rnd.uniform(0.25, 0.7))
        if rnd.random() < 0.03:
            rate = -1
        # a node's lives do not overlap: 40 lanes, one after the other
        start = T0 + (k // 40) * 28000 + rnd.randint(0, 3000)
        length = rnd.choice([rnd.randint(5, 90), rnd.randint(600, 9000), rnd.randint(600, 20000)])
        gid = "%d-%010x" % (job, k)
        kind = rnd.random()
        name = "%d_%d" % (job, k) if rnd.random() < 0.2 else None
        if kind < 0.12:  # the launch failed
            gang(gid, "failed", job, 0, user, account, partition, nodes, 0, name, start)
            gang_job(gid, job, 0, nodes)
            ran(job, 0, user, account, partition, nodes, 8 * n, start, start + 50, name)
            for i, node in enumerate(nodes):
                at = start + 3 + i % 2
                instance(gid, node if i % 2 else None, type_, spot, rate, od, at, 0, (at + 30) * 1000 + i,
                         (at + 70) * 1000, bound=bool(i % 2))
            continue
        recorded = rnd.random() < 0.9
        end = start + length
        gang(gid, "failed" if kind > 0.9 else "released", job, 0, user, account, partition, nodes, start + 200, name, start)
        gang_job(gid, job, 0, nodes)
        if recorded:
            ran(job, 0, user, account, partition, nodes, 8 * n, start, end if rnd.random() < 0.9 else 0, name)
        reuse = recorded and rnd.random() < 0.2
        later = end + 400
        if reuse:  # another job takes one of the nodes over, beside a third one for a while
            u2, a2 = rnd.choice(users)
            ran(5000 + k, 1, u2, a2, "aws", nodes[:1], rnd.choice([0, 3, 8]), end + 300, end + 4000)
            ran(6000 + k, 0, user, account, "aws", nodes[:1], rnd.choice([5, 7]), end + 1000, end + 6001)
            later = end + 6100
        for i, node in enumerate(nodes):
            launched = start + 4 + i
            stop = max((later if i == 0 else end + 130) + rnd.randint(0, 40), launched)
            style = rnd.random()
            iid = instance(gid, node, type_, spot, rate, od, launched, stop if style < 0.6 else 0, stop * 1000 - 337,
                           stop * 1000 + 44123 if style < 0.8 else stop * 1000 - 5000)
            if spot:
                at = launched
                for _ in range(rnd.choice([0, 0, 1, 3])):
                    at += rnd.randint(-30, 4000)
                    if rate >= 0 or rnd.random() < 0.5:
                        db.execute("INSERT OR REPLACE INTO rate_change VALUES (?,?,?)",
                                   (iid, at, int(RATES[type_] * rnd.uniform(0.2, 0.9))))
    # nodes that shared one gang of two jobs, and one that was woken by hand
    gang("shared-1", "released", 0, 0, "ada", "cfd", "aws", ["sh0", "sh1"], T0 + 500, created=T0 + 80000)
    for job, nodes, cpus, began, ended in ((7001, ["sh0", "sh1"], 20, 80000, 86000), (7002, ["sh1"], 1, 80000, 90000)):
        gang_job("shared-1", job, 0, nodes)
        ran(job, 0, "ada" if job == 7001 else "eve", "cfd", "aws", nodes, cpus, T0 + began, T0 + ended)
    for node in ("sh0", "sh1"):
        instance("shared-1", node, "hpc7a.96xlarge", 0, 7200000, -1, T0 + 80003, T0 + 90111, 0, 0)
    gang("node-1", "released", 0, 0, "", "", "aws", ["w0"], T0 + 500, created=T0 + 80000)
    instance("node-1", "w0", "m6i.large", 0, 96001, -1, T0 + 80003, T0 + 90111, 0, 0)
    # no time of launch is known
    gang("7100-1", "released", 7100, 2, "ada", "cfd", "aws", ["w1"], T0 + 500, created=T0 + 80000)
    gang_job("7100-1", 7100, 2, ["w1"])
    instance("7100-1", "w1", "m6i.large", 0, 96001, 96001, 0, 0, (T0 + 70000) * 1000 + 1, 0)
    db.commit()
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


# --- the calculation ---------------------------------------------------------------------------------------


def share(total, weights):
    """Largest remainder, of equals the first."""
    if not sum(weights):
        weights = [1] * len(weights)
    due = [Fraction(total * w, sum(weights)) for w in weights]
    out = [int(d) for d in due]
    order = sorted(range(len(due)), key=lambda i: (-(due[i] - out[i]), i))
    for i in order[: total - sum(out)]:
        out[i] += 1
    return out


def ceil(fraction):
    return -((-fraction.numerator) // fraction.denominator)


def lines(state):
    db = sqlite3.connect(os.path.join(state, "state.db"))
    db.row_factory = sqlite3.Row
    runs = db.execute("SELECT * FROM job_run ORDER BY began_s, seq").fetchall()
    for r in db.execute("SELECT i.*, g.state AS gstate, g.active_ms, g.job_id, g.restart, g.job_name, g.user, g.account,"
                        " g.partition FROM instance i JOIN gang g ON g.id = i.gang ORDER BY i.seq").fetchall():
        ends = [t for t in (r["end_asked_ms"], r["terminated_ms"]) if t]
        end = Fraction(r["ended_s"]) if r["ended_s"] else Fraction(min(ends), 1000)
        end = ceil(end)
        begin = r["launched_s"] or end
        end = max(begin, end)
        billed = max(end, begin + MINIMUM)
        changes = db.execute("SELECT from_s, uusd_hr FROM rate_change WHERE instance = ? ORDER BY from_s",
                             (r["id"],)).fetchall()
        rate = r["rate_uusd_hr"]
        if rate < 0 and changes:
            rate = changes[0][1]
        priced = rate >= 0
        rate = max(rate, 0)
        od = r["od_rate_uusd_hr"] if r["od_rate_uusd_hr"] > 0 else -1 if r["spot"] else r["rate_uusd_hr"]

        def rate_at(s):
            now = rate
            for at, u in changes:
                if at <= s:
                    now = u
            return now

        own = {(j, k): n.split(",") for j, k, n in
               db.execute("SELECT job_id, restart, nodes FROM gang_job WHERE gang = ?", (r["gang"],))}
        vain = (r["gstate"] in ("failed", "failing") and not r["active_ms"]) or not r["bound_ms"]
        # who had it: (job, user, account, partition), from, to, CPUs per node
        had, owners, seen = [], [], set()
        for x in runs:
            if r["node"] is None or r["node"] not in x["nodes"].split(","):
                continue
            mine = (x["job_id"], x["restart"]) in own
            who = (x["name"], x["user"] or r["user"], x["account"] or (r["account"] if mine else ""), x["partition"])
            if x["user"] and not x["account"] and mine and not r["account"]:
                who = (x["name"], x["user"], "", x["partition"])
            stop = x["ended_s"] or end
            held = x["began_s"] < end and (not x["ended_s"] or x["ended_s"] > begin) and (mine or x["began_s"] >= begin)
            if mine:
                seen.add((x["job_id"], x["restart"]))
                owners.append(who)
            if held:
                first = mine and len([h for h in had if h[4]]) == 0
                had.append((who, begin if first else x["began_s"], stop,
                            x["cpus"] * 1000 // len(x["nodes"].split(",")), mine))
        for key, nodes in sorted(own.items()):
            if key in seen or (r["node"] not in nodes if r["node"] else r["job_id"] != key[0]):
                continue
            name = r["job_name"] if r["job_id"] == key[0] and r["job_name"] else str(key[0])
            who = (name, r["user"], r["account"], r["partition"])
            owners.append(who)
            had.append((who, begin, end, 0, True))
        if not owners:
            name = (r["job_name"] or str(r["job_id"])) if r["job_id"] else ""
            owners.append((name, r["user"], r["account"], r["partition"]))
        if vain:
            had = []
        cuts = {begin, end} | set(range(begin - begin % DAY + DAY, end, DAY))
        for _, a, b, _, _ in had:
            cuts |= {a, b}
        cuts |= {at for at, _ in changes}
        cuts = sorted(c for c in cuts if begin <= c <= end)
        pieces = list(zip(cuts, cuts[1:])) or [(begin, begin)]

        def rated(a, b):
            marks = sorted({a, b} | {at for at, _ in changes if a < at < b})
            return sum(rate_at(x) * (y - x) for x, y in zip(marks, marks[1:]))

        until = [b for _, b in pieces[:-1]] + [billed]
        total = ceil(Fraction(rated(begin, billed), 3600))
        paid = share(total, [rated(a, u) for (a, _), u in zip(pieces, until)])
        would = [None] * len(pieces)
        if od >= 0:
            would = share(ceil(Fraction(od * (billed - begin), 3600)), [u - a for (a, _), u in zip(pieces, until)])
        for (a, b), money, odm in zip(pieces, paid, would):
            present = [h for h in had if h[1] <= a < h[2]]
            if begin == end and had:
                present = [h for h in had if h[1] <= a < h[2]] or [had[0]]
            kind = "failed" if vain else "jobs" if present else "idle"
            if present:
                weights = [h[3] for h in present]
                if not all(weights):
                    weights = [1] * len(present)
                who = [h[0] for h in present]
            else:
                who = owners
                weights = [1] * len(who)
            money = share(money, weights)
            seconds = share(b - a, weights)
            odm = share(odm, weights) if odm is not None else [None] * len(who)
            for w, m, s, o in zip(who, money, seconds, odm):
                yield {"job": w[0], "user": w[1], "account": w[2], "partition": w[3], "type": r["type"],
                       "day": a // DAY * DAY, "kind": kind, "uusd": m, "seconds": s, "od": o, "spot": r["spot"],
                       "instance": r["id"], "priced": priced}


def day_name(s):
    import datetime
    return datetime.datetime.fromtimestamp(s, datetime.timezone.utc).strftime("%Y-%m-%d")


def summed(all_lines, by):
    rows = {}
    for x in all_lines:
        key = (day_name(x["day"]),) if by == "day" else (x[by], x["user"], x["account"]) if by == "job" else (x[by],)
        row = rows.setdefault(key, {"instances": set(), "unpriced": set(), "on_demand_unknown": set(), "seconds": 0,
                                    "jobs_uusd": 0, "idle_uusd": 0, "failed_uusd": 0, "total_uusd": 0, "spot_uusd": 0,
                                    "on_demand_uusd": 0, "saved_uusd": 0})
        row["instances"].add(x["instance"])
        if not x["priced"]:
            row["unpriced"].add(x["instance"])
        elif x["od"] is None:
            row["on_demand_unknown"].add(x["instance"])
        row["seconds"] += x["seconds"]
        row[x["kind"] + "_uusd"] += x["uusd"]
        row["total_uusd"] += x["uusd"]
        if x["spot"]:
            row["spot_uusd"] += x["uusd"]
        if x["od"] is not None and x["priced"]:
            row["on_demand_uusd"] += x["od"]
            row["saved_uusd"] += x["od"] - x["uusd"]
    return {k: {n: len(v) if isinstance(v, set) else v for n, v in row.items()} for k, row in rows.items()}


def check(state, by):
    got = json.load(sys.stdin)
    want = summed(lines(state), by)
    have = {(x["key"], x["user"], x["account"]) if by == "job" else (x["key"],): x for x in got["rows"]}
    bad = 0
    for key in sorted(set(want) | set(have)):
        for name in want.get(key, {"total_uusd": None}):
            a, b = want.get(key, {}).get(name), have.get(key, {}).get(name)
            if a != b:
                bad += 1
                print("%s: %s is %s, not %s" % ("/".join(key), name, b, a))
    if sum(x["total_uusd"] for x in got["rows"]) != got["total"]["total_uusd"]:
        bad += 1
        print("the rows do not add up to the total")
    if not want or not got["total"]["total_uusd"]:
        bad += 1
        print("nothing was compared")
    print("%d rows, %d uusd" % (len(want), got["total"]["total_uusd"]))
    return bad


# --- AWS's side --------------------------------------------------------------------------------------------


def iso(s):
    import datetime
    return datetime.datetime.fromtimestamp(s, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def export(state, style):
    legacy = style == "legacy"
    names = ["identity/LineItemId", "lineItem/UsageAccountId", "lineItem/LineItemType", "lineItem/UsageStartDate",
             "lineItem/UsageEndDate", "lineItem/ProductCode", "lineItem/UsageType", "lineItem/Operation",
             "lineItem/ResourceId", "lineItem/UsageAmount", "lineItem/CurrencyCode", "lineItem/UnblendedCost",
             "resourceTags/user:burst:cluster"]
    if not legacy:
        names = ["line_item_usage_account_id", "line_item_line_item_type", "line_item_usage_start_date",
                 "line_item_usage_end_date", "line_item_product_code", "line_item_usage_type", "line_item_operation",
                 "line_item_resource_id", "line_item_usage_amount", "line_item_currency_code",
                 "line_item_unblended_cost", "resource_tags"]
    w = csv.writer(sys.stdout, quoting=csv.QUOTE_ALL if legacy else csv.QUOTE_MINIMAL)
    w.writerow(names)

    def row(kind, start, usage, rid, hours, cost, tag):
        values = [kind, iso(start), iso(start + 3600), "AmazonEC2", usage, 'RunInstances, "Linux"', rid, hours, "USD",
                  cost, tag if legacy else json.dumps({"user_burst_cluster": tag}) if tag else "{}"]
        w.writerow((["x1"] if legacy else []) + ["111122223333"] + values)

    sums = {}
    for x in lines(state):
        s = sums.setdefault(x["instance"], [0, 0, x["day"], x["type"], x["spot"]])
        s[0] += x["uusd"]
        s[1] += x["seconds"]
    first = True
    for n, (iid, (uusd, seconds, day, type_, spot)) in enumerate(sorted(sums.items())):
        usage = "USE2-%s:%s" % ("SpotUsage" if spot else "BoxUsage", type_)
        if n == 3:
            continue  # this one is missing
        if n == 5:
            uusd += 500000  # this one was dearer
        half = Fraction(uusd, 2 * 10**6)
        for part in (0, 1):
            text = "%.10f" % float(half) if part or legacy else "%.12e" % float(half)
            row("Usage", day + 3600 * part, usage, iid, "%.10f" % (seconds / 7200), text, "lab")
        row("Usage", day, "USE2-EBS:VolumeUsage.gp3", "vol-1", "1", "0.08", "lab")
        row("Usage", day, "USE2-DataTransfer-Out-Bytes", iid, "1", "0.09", "lab")
        if first:
            row("Tax", day, usage, iid, "0", "9.99", "")
            row("Usage", day, usage, "i-0ffffffffffffffff", "1", "3.888", "lab")  # not in the ledger
            row("Usage", day, usage, "i-0eeeeeeeeeeeeeeee", "1", "3.888", "")  # somebody else's
            first = False


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    elif sys.argv[1] == "check":
        sys.exit(1 if check(sys.argv[2], sys.argv[3]) else 0)
    else:
        export(sys.argv[2], sys.argv[3])
