// {fmt} compiled once from its header: Debian has it as a shared library only, and that takes the one of C++ with it.
// The two take longer to load than most commands take to run.
#include <fmt/format-inl.h>

template auto fmt::detail::thousands_sep_impl(locale_ref) -> thousands_sep_result<char>;
template auto fmt::detail::decimal_point_impl(locale_ref) -> char;
