# yun_rust: what the program needs of Rust. Nothing yet: the chat templates are our own C++.
add_library(yun_rust INTERFACE)
