-- What is written asks which values lead to a target: a tenant's rows of a table may be many.

create index cross_references_target on cross_references (tenant, scheme, target);
