// SPDX-License-Identifier: GPL-2.0
/* kseal-serve: no way out of the served directory, with openat2 or without */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../kseal-serve/file.c"

/* The directory in which each test runs, holding "www" and "secret". */
static char top[] = "/tmp/test_serve_file.XXXXXX";
static int root = -1;

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int make_tree(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(top));
	assert_int_equal(chdir(top), 0);
	assert_int_equal(mkdir("www", 0755), 0);
	assert_int_equal(mkdir("www/sub", 0755), 0);
	assert_int_equal(mkdir("www/sub/.git", 0755), 0);
	write_file("secret", "secret");
	write_file("www/a", "inside");
	write_file("www/sub/b", "deeper");
	assert_int_equal(symlink("../a", "www/sub/in"), 0);
	assert_int_equal(symlink("../secret", "www/out"), 0);
	assert_int_equal(symlink("../../secret", "www/sub/out"), 0);
	assert_int_equal(symlink("/etc", "www/absolute"), 0);
	assert_int_equal(symlink("nowhere", "www/dangling"), 0);
	assert_int_equal(symlink("loop", "www/loop"), 0);
	assert_int_equal(symlink("..", "www/up"), 0);
	assert_int_equal(symlink("/proc/self/root", "www/magic"), 0);
	assert_int_equal(mkfifo("www/fifo", 0644), 0);
	root = open("www", O_PATH | O_DIRECTORY);
	assert_true(root >= 0);
	return 0;
}

static int remove_tree(void **state)
{
	static const char *const names[] = {
		"www/sub/.git", "www/sub/b", "www/sub/in", "www/sub/out",
		"www/sub", "www/a", "www/out", "www/absolute", "www/dangling",
		"www/loop", "www/up", "www/magic", "www/fifo", "www", "secret",
	};

	(void)state;
	close(root);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (remove(names[i]))
			return -1;
	return chdir("/") || rmdir(top);
}

typedef int (*opener)(int root, const char *rel, int flags);

static void assert_reads(opener open_it, const char *rel, const char *text)
{
	char buffer[16];
	int fd = open_it(root, rel, O_RDONLY);
	ssize_t n;

	print_message("%s is read\n", rel);
	assert_true(fd >= 0);
	n = read(fd, buffer, sizeof(buffer) - 1);
	assert_true(n >= 0);
	buffer[n] = '\0';
	assert_string_equal(buffer, text);
	close(fd);
}

static void assert_refused(opener open_it, const char *rel)
{
	print_message("%s is refused\n", rel);
	assert_true(open_it(root, rel, O_RDONLY) < 0);
}

static void assert_stays_inside(opener open_it)
{
	static const char *const ways_out[] = {
		"out", "sub/out", "absolute", "absolute/passwd", "up",
		"up/secret", "up/www/../secret", "magic/etc/passwd",
		"dangling", "loop", "nothing", "a/b", "sub/../../secret",
	};

	assert_reads(open_it, "a", "inside");
	assert_reads(open_it, "sub/b", "deeper");
	for (size_t i = 0; i < sizeof(ways_out) / sizeof(*ways_out); i++)
		assert_refused(open_it, ways_out[i]);
}

static void openat2_stays_inside(void **state)
{
	struct open_how how = { .flags = O_PATH };

	(void)state;
	/* else this would be the fallback tested twice */
	assert_true(syscall(SYS_openat2, root, ".", &how, sizeof(how)) >= 0);
	assert_stays_inside(file_open);
	assert_reads(file_open, "sub/in", "inside");
}

/* Called below file_open(), which has refused nothing by then. */
static void fallback_stays_inside(void **state)
{
	static const char *const ways_out[] = {
		"out", "sub/out", "absolute", "absolute/passwd", "up",
		"up/secret", "magic/etc/passwd", "dangling", "loop", "nothing",
		"a/b", "sub/in",
	};

	(void)state;
	assert_reads(open_by_steps, "a", "inside");
	assert_reads(open_by_steps, "sub/b", "deeper");
	for (size_t i = 0; i < sizeof(ways_out) / sizeof(*ways_out); i++)
		assert_refused(open_by_steps, ways_out[i]);
}

static void a_fifo_does_not_block(void **state)
{
	struct stat st;
	int fd = file_open(root, "fifo", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
}

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void descriptors_are_closed(void **state)
{
	struct listing_entry *entries;
	int before = count_descriptors();
	size_t count;

	(void)state;
	close(open_by_steps(root, "sub/b", O_RDONLY));
	assert_refused(open_by_steps, "sub/nothing");
	assert_refused(open_by_steps, "sub/b/c");
	assert_int_equal(file_list(root, "", file_open(root, "", O_RDONLY),
				   &entries, &count), 0);
	file_list_free(entries, count);
	assert_int_equal(file_list(root, "", file_open(root, "a", O_RDONLY),
				   &entries, &count), -ENOTDIR);
	assert_int_equal(count_descriptors(), before);
}

static const struct listing_entry *entry(const struct listing_entry *entries,
					 size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(entries[i].name, name))
			return &entries[i];
	return NULL;
}

static void lists_what_can_be_served(void **state)
{
	struct listing_entry *entries;
	size_t count;

	(void)state;
	assert_int_equal(file_list(root, "", file_open(root, "", O_RDONLY),
				   &entries, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(entry(entries, count, "a")->size, 6);
	assert_false(entry(entries, count, "a")->is_dir);
	assert_true(entry(entries, count, "sub")->is_dir);
	file_list_free(entries, count);

	assert_int_equal(file_list(root, "sub", file_open(root, "sub", O_RDONLY),
				   &entries, &count), 0);
	assert_int_equal(count, 2);
	assert_non_null(entry(entries, count, "b"));
	assert_int_equal(entry(entries, count, "in")->size, 6);
	file_list_free(entries, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openat2_stays_inside),
		cmocka_unit_test(fallback_stays_inside),
		cmocka_unit_test(a_fifo_does_not_block),
		cmocka_unit_test(lists_what_can_be_served),
		cmocka_unit_test(descriptors_are_closed),
	};

	return cmocka_run_group_tests_name("serve_file", tests, make_tree,
					   remove_tree);
}
