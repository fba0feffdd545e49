export const pointer: any, select: any, transition: any, zoom: any, zoomIdentity: any, zoomTransform: any;
