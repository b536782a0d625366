-- Documents are looked for by their interchange's control number.

create index interchanges_by_control on interchanges (tenant, control);
