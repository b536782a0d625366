-- A cross-reference may hold for one partner alone; those that hold for all of a tenant's have the partner of zeros.

alter table cross_references add column partner uuid not null default '00000000-0000-0000-0000-000000000000';
alter table cross_references alter column partner drop default;
alter table cross_references drop constraint cross_references_pkey;
alter table cross_references add primary key (tenant, scheme, value, partner);
