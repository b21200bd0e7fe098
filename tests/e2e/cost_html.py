#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The HTML report as a browser shows it, against the CSVs of the same ledger.

    cost_html.py REPORT.html DAYS.csv ACCOUNTS.csv PICTURES_DIR
"""
import csv
import os
import re
import sys
import tempfile
from decimal import ROUND_HALF_UP, Decimal

from browser import Browser

CENT = Decimal('0.01')
# Of each chart with its name: what stands in it, as it is laid out.
CHARTS = """
(() => {
    const out = {};
    for (const svg of document.querySelectorAll('svg')) {
        const box = e => { const b = e.getBBox(); return [b.x, b.y, b.width, b.height]; };
        const seen = e => getComputedStyle(e).visibility === 'visible'
            && getComputedStyle(e).fill !== 'none';
        out[svg.getAttribute('aria-label')] = {
            groups: [...svg.querySelectorAll('g')].map(g => ({
                title: g.querySelector('title').textContent,
                text: [...g.querySelectorAll('text')].map(t => t.textContent),
                rects: [...g.querySelectorAll('rect')].map(r => ({
                    class: r.getAttribute('class'), box: box(r), seen: seen(r),
                    fill: getComputedStyle(r).fill}))})),
            lines: [...svg.querySelectorAll('line')].map(l => +l.getAttribute('y1')),
            marks: [...svg.querySelectorAll('text.mark')].map(t => t.textContent),
            amounts: [...svg.querySelectorAll('text.name')].map(t => t.textContent),
            bars: [...svg.querySelectorAll(':scope > rect')].map(r => [
                r.getAttribute('class'), ...box(r)]),
            width: svg.getBoundingClientRect().width,
        };
    }
    return out;
})()
"""
# What reaches beyond the window on its right, but for what scrolls by itself.
OVERFLOW = """
(() => {
    const inner = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll table')
        && !e.closest('svg') && e.getBoundingClientRect().right > inner + 0.5);
    return [document.documentElement.scrollWidth - inner,
            wide.map(e => e.tagName + '.' + e.className)];
})()
"""
COLOURS = """
(() => {
    const c = (e, p) => getComputedStyle(e)[p];
    const t = document.querySelector('svg text.name') || document.querySelector('svg text');
    return [c(document.body, 'backgroundColor'), c(document.body, 'color'),
            c(document.querySelector('.card'), 'backgroundColor'), c(t, 'fill')];
})()
"""
KINDS = {'job': 'jobs_usd', 'idle': 'idle_usd', 'vain': 'failed_usd'}


def rows(path):
    """The rows of a CSV."""
    with open(path, newline='', encoding='utf-8') as f:
        return list(csv.DictReader(f))


def cents(value):
    """As people are shown it."""
    return f'{Decimal(value).quantize(CENT, ROUND_HALF_UP):,}'


def light(colour):
    """How light, 0 to 1."""
    red, green, blue = (int(x) for x in re.findall(r'\d+', colour)[:3])
    return (red * 299 + green * 587 + blue * 114) / 255000


def check_days(chart, days):
    """Each column's height is what the CSV says of the day, by the marks of the axis."""
    bottom, top = chart['lines'][0], chart['lines'][-1]
    a_usd = Decimal(bottom - top) / Decimal(chart['marks'][-1].replace(',', ''))
    want, sums = {d['day']: d for d in days}, dict.fromkeys(KINDS, Decimal(0))
    for group in chart['groups']:
        day = group['title'][:10]
        said = re.findall(r' (-?[\d,]+\.\d\d)\b', group['title'])
        row = want.pop(day, None) or dict.fromkeys(KINDS.values(), '0')
        assert said == [cents(row[k]) for k in KINDS.values()], (group['title'], row)
        at = bottom
        for rect in group['rects']:
            _, y, width, height = rect['box']
            assert rect['seen'] and width >= 1, rect
            assert abs(y + height - at) < .02, rect     # one stands on the other
            at = y
            sums[rect['class']] += Decimal(height) / a_usd
            assert abs(Decimal(height) - Decimal(row[KINDS[rect['class']]]) * a_usd) < Decimal('.02')
    assert not want, want
    for kind, name in KINDS.items():
        whole = sum(Decimal(d[name]) for d in days)
        # half of a hundredth of a pixel a column
        assert abs(sums[kind] - whole) <= len(chart['groups']) * Decimal('.01') / a_usd, kind


def check_accounts(chart, accounts):
    """Each bar's length and amount."""
    want = sorted(accounts, key=lambda a: -Decimal(a['total_usd']))
    assert len(chart['groups']) == len(want) <= 10
    most = chart['groups'][0]['rects'][0]['box'][2]
    for group, row in zip(chart['groups'], want):
        name, amount = group['title'].rsplit(': ', 1)
        assert name == row['account'] and amount == f'{cents(row["total_usd"])} USD', (group, row)
        assert f'{cents(row["total_usd"])}' in ' '.join(group['text'])
        part = Decimal(row['total_usd']) / Decimal(want[0]['total_usd']) * Decimal(most)
        assert abs(Decimal(group['rects'][0]['box'][2]) - max(part, Decimal('1.5'))) < Decimal('.1')


def check_parts(chart, days):
    """One bar divided."""
    sums = {k: sum(Decimal(d[name]) for d in days) for k, name in KINDS.items()}
    amounts = [a for a in chart['amounts'] if '%' not in a]
    assert amounts == [f'{cents(v)}' for v in sums.values()], (amounts, sums)
    bars = [b for b in chart['bars'] if b[4] == 36]
    whole = sum(Decimal(b[3]) for b in bars)
    for name, _, _, width, _ in bars:
        assert abs(Decimal(width) / whole - sums[name] / sum(sums.values())) < Decimal('.001')


def main():
    """Look at all of it."""
    report, days, accounts, pictures = sys.argv[1:5]
    days, accounts, colours = rows(days), rows(accounts), {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, \
            Browser(profile) as browser:
        for dark in (False, True):
            for width in (390, 1280):
                browser.open(report, width, dark)
                name = f'{"dark" if dark else "light"}-{width}'
                browser.picture(os.path.join(pictures, f'{name}.png'))
                beyond, wide = browser.value(OVERFLOW)
                assert beyond <= 0 and not wide, (name, beyond, wide)
                charts = browser.value(CHARTS)
                assert len(charts) == 5, list(charts)
                for label, chart in charts.items():
                    assert 200 < chart['width'] <= max(width, 560), (label, chart['width'])
                check_days(charts['Spend by day, USD'], days)
                check_accounts(charts['Spend by account, USD'], accounts)
                check_parts(charts['Jobs, idle and failed launches'], days)
                colours[dark] = [light(c) for c in browser.value(COLOURS)]
                print(f'{name}: looked at')
        (page, text, card, label), (dpage, dtext, dcard, dlabel) = colours[False], colours[True]
        assert min(page, card) > .85 and max(text, label) < .35, colours
        assert max(dpage, dcard) < .25 and min(dtext, dlabel) > .7, colours
        asked = [u for u in browser.requests if u != f'file://{os.path.abspath(report)}']
        assert len(browser.requests) >= 4 and not asked, asked
        assert not browser.complaints, browser.complaints


if __name__ == '__main__':
    main()
