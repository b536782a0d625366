-- Whose a document is where a person said so, since its sender's identity names nobody who is known.

alter table documents add column given_to blob;
