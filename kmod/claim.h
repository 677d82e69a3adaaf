/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEAL_CLAIM_H
#define KSEAL_CLAIM_H

int kseal_claim_init(void);
void kseal_claim_exit(void);

#endif /* KSEAL_CLAIM_H */
