-- Advices of applications: 824 and APERAK, both ways.

-- The envelope that a message came in: kept where an advice may be owed for it.
alter table messages add column came_in text;

-- What a set that went out is called (BAK03, BGM 1004), and the message whose advice stands in its verdict.
alter table outbound_sets add column name text;
alter table outbound_sets add column advised_by blob;
create index outbound_sets_name on outbound_sets (tenant, partner, name) where name is not null;
create index outbound_sets_message on outbound_sets (message) where message is not null;
