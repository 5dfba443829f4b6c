#include "kubernetes/operator/job_name.h"

#include "kubernetes/client/names.h"
#include "kubernetes/operator/keys.h"

namespace dunlin::manager {
namespace {

constexpr std::string_view kJobSuffix = "-migrations";

}  // namespace

std::string job_name(std::string_view migrator) {
  constexpr std::size_t room = kubernetes::kLabelBytes - kJobSuffix.size();
  std::string name = migrator.size() <= room ? std::string(migrator) : kubernetes::dns_label(migrator, room);
  return name.append(kJobSuffix);
}

std::string waiter_name(std::string_view migrator) {
  return kubernetes::dns_label(std::string(kWaiterPrefix).append(migrator));
}

}  // namespace dunlin::manager
