-- What is done again by somebody's will: a document that goes out in another's place, written anew or under a new number;
-- and how often a document's acknowledgements were asked for once more.

alter table deliveries add column again_of blob;
alter table documents add column acknowledged_again bigint not null default 0;
