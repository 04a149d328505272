/*
 * One sentence in the two languages of Grannbud: Swedish for officers and residents, English for those
 * who run the machine. The tables of faults (address, phone, date, register) hold their texts in this form.
 */
#ifndef GB_CORE_WORDING_H
#define GB_CORE_WORDING_H

struct wording {
    const char *sv;
    const char *en;
};

#endif
