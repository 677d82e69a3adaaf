// SPDX-License-Identifier: GPL-2.0
/* kmod/record.c: the content type is the last byte that is not zero */
#include "fuzz.h"

#include "../../kmod/record.c"
#include "../../kmod/suite.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t end = kseal_record_unpad(data, size), i;

	REQUIRE(end <= size);
	REQUIRE(!end || data[end - 1]);
	for (i = end; i < size; i++)
		REQUIRE(!data[i]);
	return 0;
}
