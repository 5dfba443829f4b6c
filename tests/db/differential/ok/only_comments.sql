-- nothing here; at all
/* ; */
