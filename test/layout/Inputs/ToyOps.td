// A dialect of which one op is described as it should be.
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Toy_Dialect : Dialect {
  let name = "toy";
  let summary = "a dialect for docs.test";
  let cppNamespace = "::toy";
}

def Toy_BareOp : Op<Toy_Dialect, "bare">;
def Toy_DescribedOp : Op<Toy_Dialect, "described"> {
  let summary = "has a summary";
  let description = "And a description.";
}
def Toy_GoodOp : Op<Toy_Dialect, "good"> {
  let summary = "has all";
  let description = [{
    ```mlir
    toy.good
    ```
  }];
}
def Toy_Color : AttrDef<Toy_Dialect, "Color"> {
  let mnemonic = "color";
}
