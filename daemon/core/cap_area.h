/* The <area> of a CAP document, for cap.c. Pure, any thread. */
#ifndef GB_CORE_CAP_AREA_H
#define GB_CORE_CAP_AREA_H

struct alert_view;
struct buf;

/* Append the element: words, polygon, circle, and the municipalities as geocodes. */
void cap_add_area(struct buf *out, const struct alert_view *alert);

#endif
