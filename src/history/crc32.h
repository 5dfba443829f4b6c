// CRC-32 (IEEE 802.3, reflected, as zlib and PNG have it): several tools make their lock keys of it.
#pragma once

#include <cstdint>
#include <string_view>

namespace dunlin::history {

std::uint32_t crc32(std::string_view bytes);

}  // namespace dunlin::history
