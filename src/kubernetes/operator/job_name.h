// What the operator's own objects are called.
#pragma once

#include <string>
#include <string_view>

namespace dunlin::manager {

// "<migrator>-migrations". A Job's name becomes a label of its pods, so there is room for 52 bytes of the Migrator's.
std::string job_name(std::string_view migrator);

// "<migrator>-contract", likewise.
std::string contract_job_name(std::string_view migrator);

// "migrate-wait-<migrator>"; a Migrator's name may hold what a container's may not.
std::string waiter_name(std::string_view migrator);

}  // namespace dunlin::manager
