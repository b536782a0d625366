-- What the audit and retention lean on: where outbound numbers began, and whether raw bytes were let go.

-- Null: the scope was made before this migration; the lowest number that went out then counts as the first.
alter table control_numbers add column first integer;
-- Set when retention removed the raw bytes; the row stays.
alter table documents add column raw_removed_at integer;
create index documents_retained on documents (tenant, partner, ended_at) where raw_removed_at is null;
create index blobs_unsealed on blobs (created_at) where sealed_at is null;
create index deliveries_numbered on deliveries (tenant, partner, control) where control is not null;
