-- Versions of mappings: drafted, reviewed, published; and the revision of them that a document is read with.

create table mapping_versions (
    tenant blob not null,
    name text not null,
    version bigint not null,
    -- The mapping and the tables that it names: an object of paths from its folder to texts.
    files text not null,
    hash text not null,
    state text not null check (state in ('draft', 'reviewed', 'published', 'retired')),
    author text not null,
    reason text not null,
    created_at bigint not null,
    reviewed_by text,
    review text,
    reviewed_at bigint,
    published_by text,
    published_at bigint,
    -- What of the store was read by it before it was published, and which mappings that compared.
    replayed text,
    primary key (tenant, name, version)
);

-- Each publication and each step back: of a name, the row of the greatest revision says which version stands.
create table mapping_revisions (
    tenant blob not null,
    revision bigint not null,
    name text not null,
    -- Null: the hub's own file.
    version bigint,
    was bigint,
    who text not null,
    why text not null,
    how text not null check (how in ('published', 'forced', 'rolled_back')),
    at bigint not null,
    primary key (tenant, revision)
);

-- Null until something of the document was written.
alter table documents add column mapping_revision bigint;
