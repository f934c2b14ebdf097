# yun_rust: the Rust library in rust/ (chat templates, constrained answers), built once by cargo for all presets.
set(YUN_CARGO_MIN 1.87)
find_program(cargo_in_path cargo NO_CACHE)
set(cargo "")
foreach(candidate $ENV{CARGO} ${cargo_in_path} $ENV{HOME}/.cargo/bin/cargo /usr/bin/cargo)
  execute_process(COMMAND ${candidate} --version OUTPUT_VARIABLE version ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed AND version MATCHES "^cargo ([0-9.]+)" AND CMAKE_MATCH_1 VERSION_GREATER_EQUAL YUN_CARGO_MIN)
    set(cargo ${candidate})
    break()
  endif()
endforeach()
if(NOT cargo)
  message(FATAL_ERROR "no cargo of at least ${YUN_CARGO_MIN}: scripts/setup installs one (Debian: rustc-web cargo-web)")
endif()

get_filename_component(cargo_dir ${cargo} DIRECTORY) # cargo calls the rustc that it finds in PATH: the one beside it
set(rust_target ${CMAKE_SOURCE_DIR}/build/rust-target)
set(rust_library ${rust_target}/release/libyun_bridge.a)
file(GLOB rust_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/rust/src/*.rs)
# cargo itself lets one preset at a time into the folder. touch: where another preset has built the library meanwhile,
# cargo leaves its time as it is, and ninja would call it again and again.
# RUSTC_BOOTSTRAP opens one gate to one crate, our own: docs/adr/0004.
add_custom_command(
  OUTPUT ${rust_library}
  DEPENDS ${rust_sources} ${CMAKE_SOURCE_DIR}/rust/Cargo.toml ${CMAKE_SOURCE_DIR}/rust/Cargo.lock
  COMMAND ${CMAKE_COMMAND} -E env --unset=RUSTFLAGS --unset=CFLAGS CARGO_TARGET_DIR=${rust_target}
          RUSTC_BOOTSTRAP=yun_bridge PATH=${cargo_dir}:$ENV{PATH}
          ${cargo} build --release --locked --quiet --manifest-path ${CMAKE_SOURCE_DIR}/rust/Cargo.toml
  COMMAND ${CMAKE_COMMAND} -E touch ${rust_library}
  COMMENT "building rust/ with cargo (once for all presets)" VERBATIM)
add_custom_target(yun_rust_build DEPENDS ${rust_library})

add_library(yun_rust INTERFACE)
target_include_directories(yun_rust INTERFACE ${CMAKE_SOURCE_DIR}/rust/include)
target_link_libraries(yun_rust INTERFACE ${rust_library} Threads::Threads ${CMAKE_DL_LIBS} m)
add_dependencies(yun_rust yun_rust_build)
