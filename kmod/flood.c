// SPDX-License-Identifier: GPL-2.0
/*
 * PURE: a bucket that lets so much pass at a time that is no application data.
 *
 * Each of it costs work that a peer could ask for without end, a KeyUpdate most of
 * all. It is refilled by data and by time, so that no honest peer runs it dry, and
 * nothing is to be done for a record of data.
 */
#include "flood.h"

/**
 * kseal_flood_take() - one more has come
 * @flood: zeroed at first
 * @records: records of data so far; may wrap
 * @seconds: a clock; may wrap
 *
 * Return: false, it is too much.
 */
bool kseal_flood_take(struct kseal_flood *flood, u32 records, u32 seconds)
{
	u32 by_data = (records - flood->records) / KSEAL_FLOOD_RECORDS;
	u32 by_time = seconds - flood->seconds;

	if (!flood->spent)
		by_data = by_time = 0;
	if (by_data >= flood->spent || by_time >= flood->spent - by_data)
		flood->spent = 0;
	else
		flood->spent -= by_data + by_time;
	if (!flood->spent)
		flood->records = records;
	else
		flood->records += by_data * KSEAL_FLOOD_RECORDS;
	flood->seconds = seconds;
	if (flood->spent == KSEAL_FLOOD_MAX)
		return false;
	flood->spent++;
	return true;
}
