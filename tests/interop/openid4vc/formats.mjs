// The credential formats, each with `issue`, `read`, `present` and `check`.
import * as jwtVc from './formats/jwt_vc.mjs';
import * as ldpVc from './formats/ldp_vc.mjs';
import * as sdJwt from './formats/sd_jwt.mjs';

export const formats = { 'dc+sd-jwt': sdJwt, jwt_vc_json: jwtVc, ldp_vc: ldpVc };
