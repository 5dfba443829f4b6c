/* The functions of the Kerberos and LDAP libraries that libpq calls, each loading its library when it is called: they
 * bring twenty others, which no other part of dunlin needs.
 *
 * libpq asks for Kerberos credentials at every TCP connection (gssencmode=prefer), for the rest of Kerberos when a server
 * wants it, and for LDAP only when a service file names an ldap:// URL. Where a library is not installed, its functions fail as they do without credentials or without a
 * directory server, and libpq's own message follows. A call from two threads at once loads the library twice, which
 * dlopen counts.
 *
 * The declarations are of RFC 2744 (GSS-API) and RFC 1823 (LDAP), with every pointer as void *: their headers are in
 * development packages that nothing else here needs. */
#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *function_of(const char *const *names, const char *function) {
  for (; *names; ++names) {
    void *library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
    if (library) return dlsym(library, function);
  }
  return NULL;
}

static const char *const kerberos[] = {"libgssapi_krb5.so.2", NULL};
static const char *const nowhere[] = {NULL};
/* OpenLDAP 2.5 and 2.6 (its own name for both is in the second), and 2.4. */
static const char *const ldap[] = {"libldap-2.5.so.0", "libldap.so.2", "libldap_r-2.4.so.2", NULL};

/* GSS_S_UNAVAILABLE, RFC 2744 section 3.9.1. */
enum { gss_unavailable = 16 << 16 };
/* LDAP_CONNECT_ERROR, ldap.h. */
enum { ldap_connect_error = -11 };

typedef uint32_t gss_status;
typedef void *pointer;

/* Whether Kerberos' settings may have it look for credentials elsewhere than where it looks by default. Debian's do not. */
static int settings_name_credentials(void) {
  static const char *const words[] = {"ccache_name", "keytab_name", "include", "module"};
  char line[4096];
  int found = 0;
  FILE *settings = fopen("/etc/krb5.conf", "re");
  if (!settings) return errno != ENOENT;
  while (!found && fgets(line, sizeof line, settings))
    for (size_t i = 0; i < sizeof words / sizeof *words; ++i) found |= strstr(line, words[i]) != NULL;
  fclose(settings);
  return found;
}

/* Whether there can be credentials: on most machines and in most containers there are none, and asking the libraries takes
 * longer than looking where MIT's keep them (`man kerberos`) and whether there are other mechanisms (/etc/gss). */
static int credentials_are_possible(void) {
  static const char *const variables[] = {"KRB5_CONFIG", "KRB5CCNAME", "KRB5_CLIENT_KTNAME"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; ++i)
    if (getenv(variables[i])) return 1;
  char tickets[40], keytab[60];
  snprintf(tickets, sizeof tickets, "/tmp/krb5cc_%u", (unsigned)getuid());
  snprintf(keytab, sizeof keytab, "/etc/krb5/user/%u/client.keytab", (unsigned)geteuid());
  const char *const files[] = {tickets, keytab, "/etc/gss/mech"};
  for (size_t i = 0; i < sizeof files / sizeof *files; ++i)
    if (access(files[i], F_OK) == 0) return 1;
  glob_t mechanisms;
  const int others = glob("/etc/gss/mech.d/*.conf", GLOB_NOSORT, NULL, &mechanisms) == 0;
  globfree(&mechanisms);
  return others || settings_name_credentials();
}

#define ON_DEMAND(library, result, function, parameters, arguments, missing) \
  result function parameters;                                               \
  result function parameters {                                              \
    typedef result(*signature) parameters;                                  \
    const signature real = (signature)function_of(library, #function);      \
    return real ? real arguments : (missing);                               \
  }

struct gss_oid {
  uint32_t length;
  pointer elements;
};
/* RFC 2744, appendix A. */
static struct gss_oid hostbased_service = {10, (pointer) "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04"};
extern struct gss_oid *GSS_C_NT_HOSTBASED_SERVICE;
struct gss_oid *GSS_C_NT_HOSTBASED_SERVICE = &hostbased_service;

/* How libpq asks whether there are credentials. */
ON_DEMAND(credentials_are_possible() ? kerberos : nowhere, gss_status, gss_acquire_cred,
          (gss_status * minor, pointer name, uint32_t seconds, pointer mechanisms, int usage, pointer credential,
           pointer actual, pointer valid),
          (minor, name, seconds, mechanisms, usage, credential, actual, valid), gss_unavailable)
ON_DEMAND(kerberos, gss_status, gss_delete_sec_context, (gss_status * minor, pointer context, pointer token),
          (minor, context, token), gss_unavailable)
ON_DEMAND(kerberos, gss_status, gss_display_status,
          (gss_status * minor, gss_status status, int type, pointer mechanism, pointer more, pointer text),
          (minor, status, type, mechanism, more, text), gss_unavailable)
ON_DEMAND(kerberos, gss_status, gss_import_name, (gss_status * minor, pointer text, pointer type, pointer name),
          (minor, text, type, name), gss_unavailable)
ON_DEMAND(kerberos, gss_status, gss_init_sec_context,
          (gss_status * minor, pointer credential, pointer context, pointer target, pointer mechanism, uint32_t flags,
           uint32_t seconds, pointer bindings, pointer in, pointer actual, pointer out, pointer got, pointer valid),
          (minor, credential, context, target, mechanism, flags, seconds, bindings, in, actual, out, got, valid),
          gss_unavailable)
ON_DEMAND(kerberos, gss_status, gss_release_buffer, (gss_status * minor, pointer buffer), (minor, buffer),
          gss_unavailable)
ON_DEMAND(kerberos, gss_status, gss_release_cred, (gss_status * minor, pointer credential), (minor, credential),
          gss_unavailable)
ON_DEMAND(kerberos, gss_status, gss_release_name, (gss_status * minor, pointer name), (minor, name), gss_unavailable)
ON_DEMAND(kerberos, gss_status, gss_unwrap,
          (gss_status * minor, pointer context, pointer in, pointer out, pointer sealed, pointer quality),
          (minor, context, in, out, sealed, quality), gss_unavailable)
ON_DEMAND(kerberos, gss_status, gss_wrap,
          (gss_status * minor, pointer context, int seal, uint32_t quality, pointer in, pointer sealed, pointer out),
          (minor, context, seal, quality, in, sealed, out), gss_unavailable)
ON_DEMAND(kerberos, gss_status, gss_wrap_size_limit,
          (gss_status * minor, pointer context, int seal, uint32_t quality, uint32_t size, pointer most),
          (minor, context, seal, quality, size, most), gss_unavailable)

ON_DEMAND(ldap, pointer, ldap_init, (const char *host, int port), (host, port), NULL)
ON_DEMAND(ldap, int, ldap_set_option, (pointer session, int option, const void *value), (session, option, value),
          ldap_connect_error)
ON_DEMAND(ldap, int, ldap_simple_bind, (pointer session, const char *who, const char *password),
          (session, who, password), -1)
ON_DEMAND(ldap, int, ldap_result, (pointer session, int message, int all, pointer timeout, pointer result),
          (session, message, all, timeout, result), -1)
ON_DEMAND(ldap, int, ldap_search_st,
          (pointer session, const char *base, int scope, const char *filter, pointer attributes, int only,
           pointer timeout, pointer result),
          (session, base, scope, filter, attributes, only, timeout, result), ldap_connect_error)
ON_DEMAND(ldap, int, ldap_count_entries, (pointer session, pointer result), (session, result), -1)
ON_DEMAND(ldap, pointer, ldap_first_entry, (pointer session, pointer result), (session, result), NULL)
ON_DEMAND(ldap, pointer, ldap_get_values_len, (pointer session, pointer entry, const char *attribute),
          (session, entry, attribute), NULL)
ON_DEMAND(ldap, const char *, ldap_err2string, (int error), (error), "libldap is not installed")
ON_DEMAND(ldap, int, ldap_unbind, (pointer session), (session), ldap_connect_error)
ON_DEMAND(ldap, int, ldap_msgfree, (pointer message), (message), -1)
/* Declared void in ldap.h: the answer is never looked at. */
ON_DEMAND(ldap, int, ldap_value_free_len, (pointer values), (values), 0)
