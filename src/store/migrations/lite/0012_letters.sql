-- Letters to partners about what of their documents was refused.

-- A check that lets more in changes nothing of what is stored: its text is written anew, as https://sqlite.org/lang_altertable.html
-- (section 7, on changes that leave the content as it is) has it. The tables below make every connection read the schema again.
pragma writable_schema = on;
update sqlite_schema set sql = replace(sql, '''webhook'', ''document'', ''acknowledgement'')', '''webhook'', ''document'', ''acknowledgement'', ''letter'')')
    where type = 'table' and name = 'deliveries';
pragma writable_schema = reset;

-- Documents that a letter is owed about; they go once it stands among the deliveries.
create table letters_owed (
    tenant blob not null,
    document blob primary key,
    since integer not null
);
create index letters_owed_since on letters_owed (tenant, since);
-- When a partner's contacts were last written to.
create table letters_written (
    tenant blob not null,
    partner blob not null,
    at integer not null,
    primary key (tenant, partner)
);
