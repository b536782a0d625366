-- Documents of which a part was passed over, which their cause tells: few, and looked for among what was refused.
create index documents_passed_over on documents (tenant, received_at) where state = 'translated' and cause is not null;
