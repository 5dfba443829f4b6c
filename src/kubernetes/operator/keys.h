// The names under which the operator writes into objects of others, and reads them there. Those without a reason beside
// them are migrations-operator's.
#pragma once

#include <string_view>

namespace dunlin::manager {

inline constexpr std::string_view kApiVersion = "migrations.coderanger.net/v1beta1";
inline constexpr std::string_view kKind = "Migrator";

// On pods: do not hold this one back; it may not start without any Migrator.
inline constexpr std::string_view kNoWait = "migrations.coderanger.net/no-wait";
inline constexpr std::string_view kRequired = "migrations.coderanger.net/required";
// On Migrators: leave this one alone.
inline constexpr std::string_view kSkipReconcile = "controller-utils/skip-reconcile";
// On Migrators: what their status does not keep, because their definition is an older one that knows less.
inline constexpr std::string_view kKeptStatus = "migrations.coderanger.net/status";
// On Migrators: another value than before tries again what has failed.
inline constexpr std::string_view kRetry = "migrations.coderanger.net/retry";
// On Migrators with `contract: manual`: the identity whose contract command may run.
inline constexpr std::string_view kContract = "migrations.coderanger.net/contract";
// On Migrators: the identity that may start although a contract command has run since; behind a space anything that
// makes it another value than before.
inline constexpr std::string_view kAllowRollback = "migrations.coderanger.net/allow-rollback";

// On a Job's pods, the Migrator's name.
inline constexpr std::string_view kMigrationsLabel = "migrations";
// On a Job and its pods, the Migrator's name whole; it tells a migration's pods from those that wait for it.
inline constexpr std::string_view kMigrator = "migrations.coderanger.net/migrator";
// On a Job: what it migrates to, where its template came from, and a digest of what it was built as.
inline constexpr std::string_view kIdentity = "migrations.coderanger.net/identity";
inline constexpr std::string_view kWorkload = "migrations.coderanger.net/workload";
inline constexpr std::string_view kConfig = "migrations.coderanger.net/config";
// On a Job that runs the contract command: kContractPhase.
inline constexpr std::string_view kPhase = "migrations.coderanger.net/phase";
inline constexpr std::string_view kContractPhase = "contract";
// On a Job: what its reader should know about it.
inline constexpr std::string_view kNote = "migrations.coderanger.net/note";

// Of the init container that waits, and of its options behind the four arguments: what it asks for where the image
// alone does not say it, and its proof that it may ask.
inline constexpr std::string_view kWaiterPrefix = "migrate-wait-";
inline constexpr std::string_view kIdentityOption = "--identity=";
inline constexpr std::string_view kTokenOption = "--token=";

}  // namespace dunlin::manager
