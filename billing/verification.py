"""Whether everything that must add up does: from the amounts of lines to the numbers of invoices. Each check names its first wrong row."""

from dataclasses import dataclass
from typing import Final

from django.db import connection

LINES: Final = """
    select i.number, 'says ' || i.total_amount || ', its lines and taxes say ' || s.said from billing_invoice i
    cross join lateral (select coalesce((select sum(l.amount) from billing_invoiceline l where l.invoice_id = i.id), 0)
                             + coalesce((select sum(t.amount) from billing_invoicetax t where t.invoice_id = i.id), 0) as said) s
    where s.said <> i.total_amount order by i.number limit 1
"""
PARTS: Final = """
    select i.number || ', line ' || l.place, 'the parts ' || l.committed_part || ' and ' || l.overage_part || ' are not its mark of ' || l.high_water_mark
    from billing_invoiceline l join billing_invoice i on i.id = l.invoice_id
    where i.kind = 'overage' and l.committed_part + l.overage_part <> l.high_water_mark order by i.number, l.place limit 1
"""
BALANCE: Final = """
    select coalesce(min(i.number), 'a payment'), 'its postings add up to ' || sum(p.amount) from billing_posting p
    left join billing_invoice i on i.id = p.issued_id
    group by p.provider_id, p.issued_id, p.payment_id, p.currency having sum(p.amount) <> 0 order by 1 limit 1
"""
CLAIMED: Final = """
    select i.number, 'claims ' || i.total_amount || ', the ledger has ' || coalesce(p.amount, 0) from billing_invoice i
    left join (select issued_id, sum(amount) as amount from billing_posting where account = 'receivable' group by issued_id) p on p.issued_id = i.id
    where i.total_amount <> coalesce(p.amount, 0) order by i.number limit 1
"""
SETTLED: Final = """
    select i.number, 'payment ' || y.id || ' is of ' || y.amount || ', the ledger has ' || coalesce(-p.amount, 0)
    from billing_payment y join billing_invoice i on i.id = y.invoice_id
    left join (select payment_id, sum(amount) as amount from billing_posting where account = 'receivable' group by payment_id) p
        on p.payment_id = y.id
    where y.amount <> coalesce(-p.amount, 0) order by i.number, y.id limit 1
"""
CURRENCY: Final = """
    select i.number, 'is in ' || i.currency || ', a posting of it in ' || p.currency from billing_posting p
    join billing_invoice i on i.id = p.invoice_id where i.currency <> p.currency order by i.number limit 1
"""
NUMBERS: Final = """
    select g.expected, 'is missing from its series' from (
        select s.code || '-' || lpad(n::text, greatest(5, length(n::text)), '0') as expected from billing_invoiceseries s, generate_series(1, s.last_number) n) g
    where not exists (select from billing_invoice i where i.number = g.expected) order by 1 limit 1
"""
UNCOUNTED: Final = """
    select i.number, 'is in no series' from billing_invoice i
    where not exists (select from billing_invoiceseries s where i.number like s.code || '-%%'
                      and substr(i.number, length(s.code) + 2)::int <= s.last_number) order by 1 limit 1
"""
CREDITED: Final = """
    select i.number, 'is credited with ' || -sum(p.amount) || ' of ' || i.total_amount from billing_invoice i
    join billing_posting p on p.invoice_id = i.id and p.account = 'receivable' and p.event in ('credit_note', 'write_off')
    group by i.id having -sum(p.amount) > i.total_amount order by i.number limit 1
"""
RETURNED: Final = """
    select i.number, 'payment ' || y.id || ' of ' || y.amount || ' was taken back with ' || -sum(b.amount) from billing_payment y
    join billing_payment b on b.takes_back_id = y.id join billing_invoice i on i.id = y.invoice_id
    group by y.id, i.number having -sum(b.amount) > y.amount order by i.number limit 1
"""
CHARGED: Final = """
    select i.number, 'charge ' || c.attempt || ' is ' || c.state || ', its payments are ' || count(y.id) from billing_charge c
    join billing_invoice i on i.id = c.invoice_id
    left join billing_payment y on y.charge_id = c.id and y.amount > 0
    group by c.id, i.number having (c.state = 'succeeded') <> (count(y.id) = 1) order by i.number limit 1
"""
REFUNDED: Final = """
    select i.number, 'a refund of ' || r.amount || ' is ' || r.state || ', its payments add up to ' || coalesce(sum(b.amount), 0)
    from billing_refund r join billing_payment y on y.id = r.payment_id join billing_invoice i on i.id = y.invoice_id
    left join billing_payment b on r.psp_id <> '' and b.psp_id in (r.psp_id, r.psp_id || '-failed')
    group by r.id, i.number having coalesce(sum(b.amount), 0) <> case r.state when 'succeeded' then -r.amount else 0 end
    order by i.number limit 1
"""
PAPERS: Final = """
    select i.number, 'its stored paper is not the one that was drawn' from billing_invoicedocument d
    join billing_invoice i on i.id = d.invoice_id where encode(sha256(d.content), 'hex') <> d.sha256 order by i.number limit 1
"""

CHECKS: Final = {
    "lines and taxes add up to totals": LINES,
    "the parts of a mark add up to it": PARTS,
    "every event balances to zero": BALANCE,
    "the ledger claims what invoices say": CLAIMED,
    "the ledger settles what payments say": SETTLED,
    "postings have their invoice's currency": CURRENCY,
    "numbers have no gap": NUMBERS,
    "every number is counted": UNCOUNTED,
    "credit notes take back no more than was billed": CREDITED,
    "no more goes back than came": RETURNED,
    "charges that succeeded brought one payment": CHARGED,
    "refunds that were made took back one": REFUNDED,
    "papers are as drawn": PAPERS,
}


@dataclass(frozen=True)
class Fault:
    """The first row that is wrong: what it is called, and what is wrong with it."""

    check: str
    row: str
    why: str


def first_fault() -> Fault | None:
    """The first wrong row of the first check that finds one, over all providers; None when all adds up."""
    for check, statement in CHECKS.items():
        with connection.cursor() as cursor:
            cursor.execute(statement, [])
            if found := cursor.fetchone():
                return Fault(check, *found)
    return None
