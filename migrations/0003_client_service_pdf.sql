-- How the PDF documents of a client service are sealed.
ALTER TABLE client_service ADD COLUMN signature_template TEXT; -- text of visible signatures; NULL: the service's own default
ALTER TABLE client_service ADD COLUMN active_content TEXT NOT NULL DEFAULT 'WARN'; -- WARN or REFUSE
