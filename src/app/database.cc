#include "app/database.h"

#include "drivers/registry.h"

namespace dunlin::app {

std::shared_ptr<Driver> driver_for(const std::string& url) {
  return drivers::for_url(url);
}

}  // namespace dunlin::app
