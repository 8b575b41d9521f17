import NIOSSL
import NIOPosix
import NIOHTTP1
import Crypto
package enum TiniAppAuthPlaceholder {}
