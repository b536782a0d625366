-- A cross-reference may hold for one partner alone; those that hold for all of a tenant's have the partner of zeros.

create table references_of_partners (
    tenant blob not null,
    scheme text not null,
    value text not null,
    partner blob not null,
    target text not null,
    primary key (tenant, scheme, value, partner)
);
insert into references_of_partners (tenant, scheme, value, partner, target)
    select tenant, scheme, value, x'00000000000000000000000000000000', target from cross_references;
drop table cross_references;
alter table references_of_partners rename to cross_references;
create index cross_references_target on cross_references (tenant, scheme, target);
