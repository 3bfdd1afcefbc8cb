include "mlir/Pass/PassBase.td"

def Bare : Pass<"toy-bare"> {
  let summary = "has a summary";
}
def Good : Pass<"toy-good"> {
  let summary = "has all";
  let description = [{
    ```mlir
    toy.good
    ```
  }];
}
