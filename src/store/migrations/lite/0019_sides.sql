-- Documents are found by who sent an interchange in them, and to whom, over all time: by the id alone, since who looks seldom
-- knows the qualifier. Beside it stands when the document came, so that an index gives the newest first.

alter table interchanges add column sender_id text;
alter table interchanges add column receiver_id text;
alter table interchanges add column at integer;
update interchanges set sender_id = substr(sender, instr(sender, '/') + 1), receiver_id = substr(receiver, instr(receiver, '/') + 1),
    at = (select d.received_at from documents d where d.id = interchanges.document);
create index interchanges_by_sender on interchanges (tenant, sender_id, at desc, document desc);
create index interchanges_by_receiver on interchanges (tenant, receiver_id, at desc, document desc);
