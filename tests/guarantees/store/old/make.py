#!/usr/bin/env python3
"""Makes a dump of a store as migration 0001 made it, with a few rows, from the sources at hand.

Run once, when 0001 was new. After that the dumps are history: a change is a migration of its own, and 0001, whose
checksum is in them, is never touched again. Until 0001 has gone out in a release, it may be run again:
    python3 tests/guarantees/store/old/make.py
"""
import hashlib, pathlib, uuid

here = pathlib.Path(__file__).parent
migrations = here.parents[3] / "src/store/migrations"
NAMESPACE = uuid.UUID(int=0x6F1C94B23D0E5A779C41E8D720B355AA)


def named(parent, name):
    return uuid.uuid5(NAMESPACE, f"{parent}/{name}")


acme = named(NAMESPACE, "tenant/acme")
northwind = named(acme, "partner/northwind")
connection = named(NAMESPACE, "connection/north-edi")
document, message, event, blob = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3), hashlib.sha256(b"an old document").hexdigest()
# zstd of b"an old document": a frame with one raw block (RFC 8878 §3.1.1).
frame = bytes.fromhex("28b52ffd200f790000") + b"an old document"
row = "9000000000, 60000000"


def rows(uid, raw):
    a, d, m, e, p = (uid(x) for x in (acme, document, message, event, northwind))
    return f"""
insert into tenants (tenant, name, currency) values ({a}, 'acme', 'USD');
insert into connections (tenant, id, name, transport, partner, next_sequence) values ({a}, {uid(connection)}, 'north-edi', 'http', {p}, 1);
insert into blobs (tenant, sha256, size, chunks, sealed_at, created_at) values ({a}, '{blob}', 15, 1, 1000000, 1000000);
insert into blob_chunks (tenant, sha256, n, bytes) values ({a}, '{blob}', 0, {raw(frame)});
insert into documents (tenant, id, connection, sequence, name, sha256, size, received_at, state, partner, standard, sets, sets_done, deadline, wait_us, ended_at)
    values ({a}, {d}, {uid(connection)}, 1, 'old.edi', '{blob}', 15, 1000000, 'translated', {p}, 'x12', 1, 1, {row}, 1000000);
insert into document_steps (tenant, at, document, stage, state, worker) values ({a}, 1000000, {d}, 'intake', 'received', 'old');
insert into messages (tenant, id, document, run, set_no, split, standard, set_kind, set_version, set_control, set_byte, set_len, kind, partner, number, place, state, released, body, created_at, ended_at, deadline, wait_us)
    values ({a}, {m}, {d}, 0, 0, 0, 'x12', '850', '004010', '0001', 0, 15, 'order/1', {p}, 'PO-OLD', 0, 'applied', 1, '{{"number": "PO-OLD"}}', 1000000, 1000000, {row});
insert into keys (tenant, partner, kind, number, next_place) values ({a}, {p}, 'order/1', 'PO-OLD', 1);
insert into events (tenant, id, position, message, ordinal, kind, key, at, schema, data)
    values ({a}, {e}, 1, {m}, 0, 'order.confirmed', 'order/northwind/PO-OLD', 1000000, 'order_response/1', '{{"order_number": "PO-OLD"}}');
update event_feed set next = 2;
insert into control_numbers (tenant, scope, next) values ({a}, 'northwind/isa', 8), ({a}, 'northwind/gs', 8);
insert into deliveries (tenant, id, event, document, message, partner, kind, target, state, name, content, control, created_at, ended_at, deadline, wait_us)
    values ({a}, {uid(uuid.UUID(int=4))}, {e}, {d}, {m}, {p}, 'document', 'north-drop', 'delivered', '855-000000007.edi', {raw(b"ISA")}, '000000007', 1000000, 1000000, {row});
"""


def applied(text, boolean, raw, stamp):
    checksum = raw(hashlib.sha384(text.encode()).digest())
    return f"""
create table _sqlx_migrations (
    version bigint primary key, description text not null, installed_on {stamp} not null default current_timestamp,
    success boolean not null, checksum {'bytea' if boolean == 'true' else 'blob'} not null, execution_time bigint not null);
insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (1, 'spine', {boolean}, {checksum}, 1);
"""


header = "-- A store as migration 0001 made it. Made by make.py beside this file; see there before changing a letter.\n"
lite = (migrations / "lite/0001_spine.sql").read_text()
hexed = lambda b: f"x'{b.hex()}'"
(here / "0001.lite.sql").write_text(header + lite + applied(lite, "1", hexed, "timestamp") + rows(lambda u: f"x'{u.hex}'", hexed))
pg = (migrations / "pg/0001_spine.sql").read_text()
bytea = lambda b: f"'\\x{b.hex()}'"
security = (migrations / "roles.sql").read_text() + (migrations / "security.sql").read_text().replace(", raw_removed_at)", ")").replace(", next, first)", ", next)")
(here / "0001.pg.sql").write_text(header + pg + applied(pg, "true", bytea, "timestamptz") + security + rows(lambda u: f"'{u}'", bytea))
